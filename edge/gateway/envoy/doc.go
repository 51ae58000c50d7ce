// Package envoy answers Envoy's external authorization filter (ext_authz, gRPC,
// service/auth/v3) with the gateway's own decisions. Nothing else of the house
// knows gRPC.
//
// In Envoy, with the listener's path handling as strict as ours:
//
//	http_connection_manager:
//	  normalize_path: false
//	  merge_slashes: false
//	  path_with_escaped_slashes_action: REJECT_REQUEST
//	  http_filters:
//	  - name: envoy.filters.http.ext_authz
//	    typed_config:
//	      "@type": type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthz
//	      transport_api_version: V3
//	      failure_mode_allow: false
//	      encode_raw_headers: true
//	      grpc_service:
//	        timeout: 2s
//	        envoy_grpc: {cluster_name: guestright}
//	        initial_metadata: [{key: guestright-check-key, value: "…"}]
package envoy
