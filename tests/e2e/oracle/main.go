// Command oracle answers RBAC requests and OIDC tokens with the packages of kube-apiserver itself, without a
// server, so that oidc-audit can be compared with them in bulk.
//
//	oracle rbac POLICY.json < requests.jsonl     one answer a line: {"allowed", "reason", "denied"}
//	oracle authn < cases.jsonl                   one answer a line: {"outcome", "username", "uid", "groups", "extra", "error"}
//	oracle aggregate KUBECONFIG                  runs the controller of aggregated ClusterRoles against a server
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
)

func main() {
	if len(os.Args) < 2 {
		fail(fmt.Errorf("usage: oracle rbac POLICY.json | oracle authn | oracle aggregate KUBECONFIG"))
	}
	var err error
	switch os.Args[1] {
	case "rbac":
		if len(os.Args) != 3 {
			fail(fmt.Errorf("usage: oracle rbac POLICY.json"))
		}
		err = runRBAC(os.Args[2])
	case "authn":
		err = runAuthn()
	case "aggregate":
		if len(os.Args) != 3 {
			fail(fmt.Errorf("usage: oracle aggregate KUBECONFIG"))
		}
		err = runAggregation(os.Args[2])
	default:
		err = fmt.Errorf("unknown command %q", os.Args[1])
	}
	if err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "oracle:", err)
	os.Exit(1)
}

// eachLine calls answer with every line of standard input and prints what it returns as a line of JSON.
func eachLine(answer func(line []byte) (any, error)) error {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	defer out.Flush()
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for {
		line, err := in.ReadBytes('\n')
		if len(line) > 1 {
			value, err := answer(line)
			if err != nil {
				return err
			}
			if err := encoder.Encode(value); err != nil {
				return err
			}
		}
		if err != nil {
			return nil
		}
	}
}
