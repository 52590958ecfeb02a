package main

import (
	"errors"
	"fmt"
	"log"
	"reflect"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/vpclattice"
	"github.com/aws/aws-sdk-go-v2/service/vpclattice/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
)

// members lists every member of the API's unions: an interface's implementations cannot be found at run time.
var members = []any{
	&types.HeaderMatchTypeMemberContains{},
	&types.HeaderMatchTypeMemberExact{},
	&types.HeaderMatchTypeMemberPrefix{},
	&types.MatcherMemberHttpCode{},
	&types.PathMatchTypeMemberExact{},
	&types.PathMatchTypeMemberPrefix{},
	&types.ResourceConfigurationDefinitionMemberArnResource{},
	&types.ResourceConfigurationDefinitionMemberDnsResource{},
	&types.ResourceConfigurationDefinitionMemberIpResource{},
	&types.RuleActionMemberFixedResponse{},
	&types.RuleActionMemberForward{},
	&types.RuleMatchMemberHttpMatch{},
}

// fill puts a value in the wire's form into one of the SDK's.
func fill(target reflect.Value, value any) {
	switch target.Kind() {
	case reflect.Pointer:
		target.Set(reflect.New(target.Type().Elem()))
		fill(target.Elem(), value)
	case reflect.Interface:
		for name, inner := range value.(object) {
			member := memberOf(target.Type(), name)
			fill(member.Elem().FieldByName("Value"), inner)
			target.Set(member)
		}
	case reflect.Struct:
		for name, inner := range value.(object) {
			field := target.FieldByName(strings.ToUpper(name[:1]) + name[1:])
			if !field.IsValid() {
				log.Fatalf("%s has no member %s", target.Type(), name)
			}
			fill(field, inner)
		}
	case reflect.Slice:
		list := value.([]any)
		target.Set(reflect.MakeSlice(target.Type(), len(list), len(list)))
		for i, inner := range list {
			fill(target.Index(i), inner)
		}
	case reflect.Map:
		target.Set(reflect.MakeMap(target.Type()))
		for name, inner := range value.(object) {
			target.SetMapIndex(reflect.ValueOf(name), reflect.ValueOf(inner))
		}
	case reflect.Int32:
		target.SetInt(int64(value.(float64)))
	case reflect.Bool:
		target.SetBool(value.(bool))
	default:
		target.SetString(value.(string))
	}
}

// memberOf makes an empty member of a union.
func memberOf(union reflect.Type, name string) reflect.Value {
	for _, one := range members {
		kind := reflect.TypeOf(one)
		if kind.Implements(union) && memberName(kind.Elem()) == name {
			return reflect.New(kind.Elem())
		}
	}
	log.Fatalf("%s has no member %s", union, name)
	return reflect.Value{}
}

func memberName(kind reflect.Type) string {
	_, name, _ := strings.Cut(kind.Name(), "Member")
	return wireName(kind, name)
}

// wireName is a member's name in the API: VPC Lattice begins them with a small letter, the older JSON APIs do not.
func wireName(kind reflect.Type, name string) string {
	if !strings.Contains(kind.PkgPath(), reflect.TypeFor[vpclattice.Client]().PkgPath()) {
		return name
	}
	return strings.ToLower(name[:1]) + name[1:]
}

// written gives a value of the SDK in the wire's form, nil for what is nothing.
func written(value reflect.Value) any {
	switch value.Kind() {
	case reflect.Pointer, reflect.Interface:
		if value.IsNil() {
			return nil
		}
		return written(value.Elem())
	case reflect.Struct:
		return writtenStruct(value)
	case reflect.Slice:
		if value.IsNil() {
			return nil
		}
		list := make([]any, value.Len())
		for i := range list {
			list[i] = written(value.Index(i))
		}
		return list
	case reflect.Map:
		if value.IsNil() {
			return nil
		}
		entries := object{}
		for _, key := range value.MapKeys() {
			entries[key.String()] = written(value.MapIndex(key))
		}
		return entries
	case reflect.String:
		return value.String()
	default:
		return value.Interface()
	}
}

func writtenStruct(value reflect.Value) any {
	if moment, ok := value.Interface().(time.Time); ok {
		return moment.UTC().Format("2006-01-02T15:04:05.000Z")
	}
	kind := value.Type()
	if strings.Contains(kind.Name(), "Member") && kind.NumField() > 0 && kind.Field(0).Name == "Value" {
		return object{memberName(kind): written(value.Field(0))}
	}
	result := object{}
	for i := range kind.NumField() {
		field := kind.Field(i)
		if !field.IsExported() || field.Type == reflect.TypeFor[middleware.Metadata]() {
			continue
		}
		// An enum's nothing is the empty text.
		isNothing := field.Type.Kind() == reflect.String && value.Field(i).Len() == 0
		if inner := written(value.Field(i)); inner != nil && !isNothing {
			result[wireName(kind, field.Name)] = inner
		}
	}
	return result
}

// failure tells what a call failed with, and whether the SDK has a type for it.
func failure(err error) object {
	var known smithy.APIError
	if !errors.As(err, &known) {
		log.Fatal(err)
	}
	told := object{"type": known.ErrorCode(), "message": known.ErrorMessage(), "typed": false}
	var response *http.ResponseError
	if errors.As(err, &response) {
		told["status"] = response.HTTPStatusCode()
	}
	kind := reflect.TypeOf(known)
	if fmt.Sprintf("*types.%s", known.ErrorCode()) == kind.String() {
		told["typed"] = true
		told["members"] = written(reflect.ValueOf(known))
	}
	return object{"failure": told}
}
