"""What the end-to-end tests stand on: programs, certificates, an OIDC issuer, a kube-apiserver, clients."""
