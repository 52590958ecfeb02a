package main

import (
	"reflect"

	"github.com/aws/aws-sdk-go-v2/service/vpclattice"
)

// paginators holds the SDK's constructors: functions of a package cannot be found by name at run time.
var paginators = map[string]any{
	"ListAccessLogSubscriptions":                vpclattice.NewListAccessLogSubscriptionsPaginator,
	"ListDomainVerifications":                   vpclattice.NewListDomainVerificationsPaginator,
	"ListListeners":                             vpclattice.NewListListenersPaginator,
	"ListResourceConfigurations":                vpclattice.NewListResourceConfigurationsPaginator,
	"ListResourceEndpointAssociations":          vpclattice.NewListResourceEndpointAssociationsPaginator,
	"ListResourceGateways":                      vpclattice.NewListResourceGatewaysPaginator,
	"ListRules":                                 vpclattice.NewListRulesPaginator,
	"ListServiceNetworkResourceAssociations":    vpclattice.NewListServiceNetworkResourceAssociationsPaginator,
	"ListServiceNetworkServiceAssociations":     vpclattice.NewListServiceNetworkServiceAssociationsPaginator,
	"ListServiceNetworkVpcAssociations":         vpclattice.NewListServiceNetworkVpcAssociationsPaginator,
	"ListServiceNetworkVpcEndpointAssociations": vpclattice.NewListServiceNetworkVpcEndpointAssociationsPaginator,
	"ListServiceNetworks":                       vpclattice.NewListServiceNetworksPaginator,
	"ListServices":                              vpclattice.NewListServicesPaginator,
	"ListTargetGroups":                          vpclattice.NewListTargetGroupsPaginator,
	"ListTargets":                               vpclattice.NewListTargetsPaginator,
}

// collect walks through all pages.
func collect(client reflect.Value, asked call) object {
	constructor := reflect.ValueOf(paginators[asked.Operation])
	signature := constructor.Type()
	input := reflect.New(signature.In(1).Elem())
	fill(input.Elem(), asked.Input)
	limit := reflect.MakeFunc(signature.In(2).Elem(), func(options []reflect.Value) []reflect.Value {
		options[0].Elem().FieldByName("Limit").SetInt(int64(asked.PageSize))
		return nil
	})
	paginator := constructor.Call([]reflect.Value{client, input, limit})[0]
	items := []any{}
	for paginator.MethodByName("HasMorePages").Call(nil)[0].Bool() {
		page, err := invoke(paginator.MethodByName("NextPage"))
		if err != nil {
			return failure(err)
		}
		more, _ := written(page).(object)["items"].([]any)
		items = append(items, more...)
	}
	return object{"output": object{"items": items}}
}
