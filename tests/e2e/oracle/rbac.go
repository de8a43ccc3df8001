package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	rbaclisters "k8s.io/client-go/listers/rbac/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/kubernetes/plugin/pkg/auth/authorizer/rbac"
)

type rbacRequest struct {
	User        string   `json:"user"`
	Groups      []string `json:"groups"`
	Verb        string   `json:"verb"`
	APIGroup    string   `json:"apiGroup"`
	Resource    string   `json:"resource"`
	Subresource string   `json:"subresource"`
	Name        string   `json:"name"`
	Namespace   string   `json:"namespace"`
	Path        *string  `json:"path"`
}

type rbacAnswer struct {
	Allowed bool   `json:"allowed"`
	Reason  string `json:"reason"`
}

// loadPolicy fills the listers that the server's own informers would fill.
func loadPolicy(path string) (*rbac.RBACAuthorizer, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var list struct {
		Items []json.RawMessage `json:"items"`
	}
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	index := func() cache.Indexer {
		return cache.NewIndexer(cache.MetaNamespaceKeyFunc, cache.Indexers{cache.NamespaceIndex: cache.MetaNamespaceIndexFunc})
	}
	roles, bindings, clusterRoles, clusterBindings := index(), index(), index(), index()
	for _, item := range list.Items {
		var head struct {
			Kind string `json:"kind"`
		}
		if err := json.Unmarshal(item, &head); err != nil {
			return nil, err
		}
		var object any
		var into cache.Indexer
		switch head.Kind {
		case "Role":
			object, into = &rbacv1.Role{}, roles
		case "RoleBinding":
			object, into = &rbacv1.RoleBinding{}, bindings
		case "ClusterRole":
			object, into = &rbacv1.ClusterRole{}, clusterRoles
		case "ClusterRoleBinding":
			object, into = &rbacv1.ClusterRoleBinding{}, clusterBindings
		default:
			return nil, fmt.Errorf("unexpected kind %q", head.Kind)
		}
		if err := json.Unmarshal(item, object); err != nil {
			return nil, err
		}
		if err := into.Add(object); err != nil {
			return nil, err
		}
	}
	return rbac.New(
		&rbac.RoleGetter{Lister: rbaclisters.NewRoleLister(roles)},
		&rbac.RoleBindingLister{Lister: rbaclisters.NewRoleBindingLister(bindings)},
		&rbac.ClusterRoleGetter{Lister: rbaclisters.NewClusterRoleLister(clusterRoles)},
		&rbac.ClusterRoleBindingLister{Lister: rbaclisters.NewClusterRoleBindingLister(clusterBindings)},
	), nil
}

func runRBAC(policy string) error {
	authz, err := loadPolicy(policy)
	if err != nil {
		return err
	}
	return eachLine(func(line []byte) (any, error) {
		var request rbacRequest
		if err := json.Unmarshal(line, &request); err != nil {
			return nil, err
		}
		attributes := authorizer.AttributesRecord{
			User:            &user.DefaultInfo{Name: request.User, Groups: request.Groups},
			Verb:            request.Verb,
			APIGroup:        request.APIGroup,
			Resource:        request.Resource,
			Subresource:     request.Subresource,
			Name:            request.Name,
			Namespace:       request.Namespace,
			ResourceRequest: request.Path == nil,
		}
		if request.Path != nil {
			attributes.Path = *request.Path
		}
		decision, reason, err := authz.Authorize(context.Background(), attributes)
		if err != nil {
			return nil, err
		}
		return rbacAnswer{Allowed: decision == authorizer.DecisionAllow, Reason: reason}, nil
	})
}
