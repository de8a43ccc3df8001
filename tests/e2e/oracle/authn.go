package main

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"

	"gopkg.in/go-jose/go-jose.v2"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apiserver/pkg/apis/apiserver"
	"k8s.io/apiserver/pkg/apis/apiserver/install"
	"k8s.io/apiserver/pkg/apis/apiserver/validation"
	authenticationcel "k8s.io/apiserver/pkg/authentication/cel"
	"k8s.io/apiserver/plugin/pkg/authenticator/token/oidc"
)

// authnCase is a subset of what `oidc-audit whoami --cases` reads: a configuration and the payload of a token whose
// signature is good.
type authnCase struct {
	Config    json.RawMessage `json:"config"`
	ClaimsRaw string          `json:"claims_raw"`
}

type authnAnswer struct {
	Outcome  string              `json:"outcome"`
	Username string              `json:"username"`
	UID      string              `json:"uid"`
	Groups   []string            `json:"groups"`
	Extra    map[string][]string `json:"extra"`
	Error    string              `json:"error"`
}

// staticKeys verifies with the one key that this program signs with.
type staticKeys struct{ key crypto.PublicKey }

func (s *staticKeys) VerifySignature(_ context.Context, token string) ([]byte, error) {
	signed, err := jose.ParseSigned(token)
	if err != nil {
		return nil, err
	}
	return signed.Verify(s.key)
}

var scheme = runtime.NewScheme()
var codecs = serializer.NewCodecFactory(scheme, serializer.EnableStrict)

func decodeConfig(text []byte) (*apiserver.AuthenticationConfiguration, error) {
	object, err := runtime.Decode(codecs.UniversalDecoder(), text)
	if err != nil {
		return nil, err
	}
	config, ok := object.(*apiserver.AuthenticationConfiguration)
	if !ok {
		return nil, fmt.Errorf("expected AuthenticationConfiguration, got %T", object)
	}
	return config, nil
}

func runAuthn() error {
	install.Install(scheme)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: key}, nil)
	if err != nil {
		return err
	}
	keys := &staticKeys{key: key.Public()}
	return eachLine(func(line []byte) (any, error) {
		var c authnCase
		if err := json.Unmarshal(line, &c); err != nil {
			return nil, err
		}
		config, err := decodeConfig(c.Config)
		if err != nil {
			return authnAnswer{Outcome: "load_error", Error: err.Error()}, nil
		}
		if errs := validation.ValidateAuthenticationConfiguration(authenticationcel.NewDefaultCompiler(), config, nil); len(errs) > 0 {
			return authnAnswer{Outcome: "invalid_config", Error: errs.ToAggregate().Error()}, nil
		}
		signed, err := signer.Sign([]byte(c.ClaimsRaw))
		if err != nil {
			return nil, err
		}
		token, err := signed.CompactSerialize()
		if err != nil {
			return nil, err
		}
		for _, jwt := range config.JWT {
			ctx, cancel := context.WithCancel(context.Background())
			authenticator, err := oidc.New(ctx, oidc.Options{
				JWTAuthenticator:     jwt,
				KeySet:               keys,
				SupportedSigningAlgs: []string{"ES256"},
			})
			if err != nil {
				cancel()
				return authnAnswer{Outcome: "invalid_config", Error: err.Error()}, nil
			}
			response, ok, err := authenticator.AuthenticateToken(ctx, token)
			cancel()
			if err != nil {
				return authnAnswer{Outcome: "rejected", Error: err.Error()}, nil
			}
			if ok {
				return authnAnswer{
					Outcome: "user", Username: response.User.GetName(), UID: response.User.GetUID(),
					Groups: response.User.GetGroups(), Extra: response.User.GetExtra(),
				}, nil
			}
		}
		return authnAnswer{Outcome: "not_mine"}, nil
	})
}
