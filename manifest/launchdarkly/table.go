package launchdarkly

// The table of the whole form. Left what they call it, right what we do.

var endpoint = object{fields: []field{
	{theirs: "url", ours: "url"}, {theirs: "method", ours: "method"}, {theirs: "headers", ours: "headers"},
	{theirs: "hmacSignature", ours: "sign", via: object{always: tree{"scheme": "hmac-sha256-hex"}, fields: []field{
		{theirs: "headerName", ours: "header"}, {theirs: "hmacSecretFormVariableKey", ours: "secretVar"},
	}}},
}}

var form = list{object{fields: []field{
	{theirs: "key", ours: "key"}, {theirs: "name", ours: "label"},
	{theirs: "type", ours: "type", via: word{"environmentSelector": "scopeSelector"}},
	{theirs: "description", ours: "help"}, {theirs: "placeholder", ours: "placeholder"}, {theirs: "isSecret", ours: "secret"},
	{theirs: "disableAfterSaving", ours: "fixed"}, {theirs: "isOptional", ours: "optional"}, {theirs: "isHidden", ours: "hidden"},
	{theirs: "hideEmpty", ours: "hideEmpty"}, {theirs: "defaultValue", ours: "default"}, {theirs: "allowedValues", ours: "choices"},
	{theirs: "dynamicOptions", ours: "fetch", via: object{fields: []field{
		{theirs: "endpoint", ours: "endpoint", via: endpoint},
		{theirs: "parser", ours: "parser", via: object{fields: []field{
			{theirs: "optionsPath", ours: "list"}, {theirs: "optionsItems", ours: "item"},
		}}},
	}}},
	{theirs: "dependsOn", ours: "dependsOn", via: list{object{fields: []field{
		{theirs: "variableKey", ours: "variable"},
		{theirs: "variableLocation", ours: "form", via: word{"formVariables": "installation", "environmentFormVariables": "scope", "approvalFormVariables": "request"}},
		{theirs: "action", ours: "action", via: word{"showField": "show", "hideField": "hide"}},
		{theirs: "conditions", ours: "conditions"},
	}}}},
	{theirs: "multiselectOptions", ours: "options"}, {theirs: "multiselectDefaultOptions", ours: "preselected"},
}}}

var auditHook = object{fields: []field{
	{theirs: "endpoint", ours: "endpoint", via: endpoint},
	{theirs: "templates", ours: "templates", via: object{fields: []field{
		{theirs: "flag", ours: "byKind.flag"}, {theirs: "project", ours: "byKind.project"},
		{theirs: "environment", ours: "byKind.environment"}, {theirs: "member", ours: "byKind.member"},
		{theirs: "default", ours: "default"}, {theirs: "validation", ours: "test"},
	}}},
	{theirs: "defaultPolicy", ours: "filter"}, {theirs: "includeErrorResponseBody", ours: "showErrorBody"},
	{theirs: "deliveryMethod", ours: "driver", via: driver{}},
	{theirs: "useStandardWebhookPayload", ours: "payload", via: word{true: "standard", false: "template"}},
}}

var signalHook = object{fields: []field{
	{theirs: "endpoint", ours: "endpoint", via: endpoint},
	{theirs: "templates", ours: "templates", via: object{fields: []field{
		{theirs: "measuredRolloutRegressionDetected", ours: "byType.measuredRolloutRegressionDetected"},
		{theirs: "measuredRolloutReverted", ours: "byType.measuredRolloutReverted"},
		{theirs: "errorMonitoringNewIssueFound", ours: "byType.errorMonitoringNewIssueFound"},
	}}},
	{theirs: "includeErrorResponseBody", ours: "showErrorBody"}, {theirs: "triggers", ours: "triggers"},
}}

var trigger = object{always: tree{"on": []any{"flag"}}, fields: []field{
	{theirs: "documentation", ours: "docsUrl"}, {theirs: "auth", ours: "auth"}, {theirs: "parser", ours: "parser"},
	{theirs: "defaultEventName", ours: "defaultEventName"}, {theirs: "testEventNameRegexp", ours: "testEvent"},
}}

var approvalCall = object{fields: []field{
	{theirs: "endpoint", ours: "endpoint", via: endpoint}, {theirs: "jsonBody", ours: "body"},
	{theirs: "parser", ours: "parser", via: object{fields: []field{
		{theirs: "approvalId", ours: "id"}, {theirs: "statusValue", ours: "value"}, {theirs: "statusDisplay", ours: "label"},
		{theirs: "approvalMatcher", ours: "approve"}, {theirs: "rejectionMatcher", ours: "reject"}, {theirs: "urlTemplate", ours: "link"},
	}}},
}}

var approval = object{always: tree{"on": []any{"flag"}}, fields: []field{
	{theirs: "name", ours: "displayName"},
	{theirs: "environmentFormVariables", ours: "forms.scope", via: form},
	{theirs: "approvalFormVariables", ours: "forms.request", via: form},
	{theirs: "allowAdditionalApprovalFormVariables", ours: "allowExtraRequestFields"},
	{theirs: "allowApprovalIntegrationConfigurations", ours: "multipleConfigurations"},
	{theirs: "creationRequest", ours: "calls.open", via: approvalCall},
	{theirs: "statusRequest", ours: "calls.status", via: approvalCall},
	{theirs: "postApplyRequest", ours: "calls.applied", via: approvalCall},
	{theirs: "deletionRequest", ours: "calls.withdrawn", via: approvalCall},
	{theirs: "memberListRequest", ours: "calls.directory", via: object{fields: []field{
		{theirs: "endpoint", ours: "endpoint", via: endpoint}, {theirs: "jsonBody", ours: "body"},
		{theirs: "parser", ours: "parser", via: object{fields: []field{
			{theirs: "memberArrayPath", ours: "list"},
			{theirs: "memberItems", ours: "item", via: object{fields: []field{{theirs: "email", ours: "email"}, {theirs: "memberId", ours: "id"}}}},
		}}},
	}}},
}}

var featureStore = object{always: tree{"on": []any{"environment"}}, fields: []field{
	{theirs: "formVariables", ours: "forms.scope", via: form},
	{theirs: "featureStoreRequest", ours: "push", via: object{fields: []field{
		{theirs: "endpoint", ours: "endpoint", via: endpoint},
		{theirs: "payloadPrefix", ours: "wrap.before"}, {theirs: "payloadSuffix", ours: "wrap.after"},
	}}},
	{theirs: "validationRequest", ours: "check", via: object{fields: []field{
		{theirs: "endpoint", ours: "endpoint", via: endpoint}, {theirs: "parser", ours: "parser"},
	}}},
}}

var element = object{fields: []field{
	{theirs: "text", ours: "text"}, {theirs: "isBold", ours: "bold"}, {theirs: "isTimestamp", ours: "time"}, {theirs: "url", ours: "url"},
}}

var flagLink = object{always: tree{"on": []any{"flag"}}, fields: []field{
	{theirs: "header", ours: "header"}, {theirs: "metadata", ours: "metadata"},
	{theirs: "emptyState", ours: "emptyState", via: object{fields: []field{{theirs: "title", ours: "title"}, {theirs: "leadText", ours: "text"}}}},
	{theirs: "uiBlocks", ours: "blocks", via: object{fields: []field{
		{theirs: "image", ours: "image", via: object{fields: []field{
			{theirs: "sourceUrl", ours: "sourceUrl"}, {theirs: "isIcon", ours: "icon"}, {theirs: "isAvatar", ours: "avatar"},
		}}},
		{theirs: "name", ours: "name"}, {theirs: "description", ours: "description"},
		{theirs: "title", ours: "title", via: object{fields: []field{
			{theirs: "elements", ours: "elements", via: list{element}}, {theirs: "linkToReference", ours: "linked"},
		}}},
		{theirs: "context", ours: "context", via: object{fields: []field{{theirs: "elements", ours: "elements", via: list{element}}}}},
	}}},
}}

var syncedSegment = object{always: tree{"on": []any{"segment"}}, fields: []field{
	{theirs: "jsonResponseBody", ours: "response"},
	{theirs: "requestParser", ours: "parser", via: object{fields: []field{
		{theirs: "environmentIdPath", ours: "scopeId"}, {theirs: "contextKindPath", ours: "subjectKind"},
		{theirs: "cohortIdPath", ours: "collection.id"}, {theirs: "cohortNamePath", ours: "collection.name"}, {theirs: "cohortUrlPath", ours: "collection.url"},
		{theirs: "memberArrayPath", ours: "members.list"}, {theirs: "addMemberArrayPath", ours: "members.add"}, {theirs: "removeMemberArrayPath", ours: "members.remove"},
		{theirs: "arrayInclusion", ours: "members.action"},
		{theirs: "memberArrayParser", ours: "members.item", via: object{fields: []field{
			{theirs: "memberIdPath", ours: "id"}, {theirs: "booleanMembershipPath", ours: "flag"},
			{theirs: "cohortIdPath", ours: "collectionId"}, {theirs: "cohortNamePath", ours: "collectionName"},
		}}},
	}}},
}}

var buttonAction = object{fields: []field{
	{theirs: "actionRequest", ours: "call", via: object{fields: []field{{theirs: "endpoint", ours: "endpoint", via: endpoint}}}},
	{theirs: "requestBodyTemplates", ours: "bodies", via: list{object{rest: "extra", fields: []field{
		{theirs: "key", ours: "key"}, {theirs: "jsonBody", ours: "template"}, {theirs: "requiredContext", ours: "needs"},
	}}}},
}}

var manifest = object{always: tree{"contextView": "launchdarkly-1"}, fields: []field{
	{theirs: "name", ours: "listing.name"}, {theirs: "version", ours: "listing.version"}, {theirs: "overview", ours: "listing.tagline"},
	{theirs: "description", ours: "listing.description"}, {theirs: "details", ours: "listing.details"},
	{theirs: "author", ours: "listing.author"}, {theirs: "supportEmail", ours: "listing.supportEmail"},
	{theirs: "links", ours: "listing.links", via: object{fields: []field{
		{theirs: "site", ours: "site"}, {theirs: "launchdarklyDocs", ours: "docs"},
		{theirs: "privacyPolicy", ours: "privacy"}, {theirs: "supportWebsite", ours: "support"},
	}}},
	{theirs: "categories", ours: "listing.categories"}, {theirs: "icons", ours: "listing.icons"},
	{theirs: "hideOnIntegrationsPage", ours: "listing.unlisted"},
	{theirs: "otherCapabilities", ours: "listing.labels"}, {theirs: "legacy.kind", ours: "listing.legacyKind"},
	{theirs: "requiresOAuth", ours: "connection.oauth.required"}, {theirs: "oauthIntegrationKey", ours: "connection.oauth.credentialKey"},
	{theirs: "formVariables", ours: "forms.installation", via: form},
	{theirs: "allowIntegrationConfigurations", ours: "installation.multiple"},
	{theirs: "capabilities.auditLogEventsHook", ours: "eventHooks", source: "audit", via: auditHook},
	{theirs: "capabilities.eventsHook", ours: "eventHooks", source: "signal", via: signalHook},
	{theirs: "capabilities.trigger", ours: "inboundTrigger", via: trigger},
	{theirs: "capabilities.approval", ours: "changeApproval", via: approval},
	{theirs: "capabilities.featureStore", ours: "snapshotPush", via: featureStore},
	{theirs: "capabilities.bigSegmentStore", ours: "managedStoreSync", via: object{fields: []field{{theirs: "dbStyle", ours: "driver"}}}},
	{theirs: "capabilities.flagLink", ours: "resourceLink", via: flagLink},
	{theirs: "capabilities.syncedSegment", ours: "membershipSync", via: syncedSegment},
	{theirs: "capabilities.reservedCustomProperties", ours: "reservedProperties.properties"},
	{theirs: "capabilities.buttonAction", ours: "userAction", via: buttonAction},
	{theirs: "capabilities.flagImport", ours: "importer", via: object{named: "driver", fields: []field{
		{theirs: "includeErrorResponseBody", ours: "showErrorBody"}, {theirs: "templates", ours: "templates"},
	}}},
	{theirs: "capabilities.flagCleanup", ours: "driverAction", via: object{named: "driver", always: tree{"on": []any{"flag"}}, fields: []field{
		{theirs: "formVariables", ours: "form", via: form},
	}}},
	{theirs: "capabilities.hideConfiguration", ours: "configuration.editable", via: word{true: false, false: true}},
	{theirs: "capabilities.externalConfigurationURL", ours: "configuration.location.url"},
	{theirs: "capabilities.externalConfigurationPages.createUrl", ours: "configuration.location.createUrl"},
	{theirs: "capabilities.externalConfigurationPages.editUrl", ours: "configuration.location.editUrl"},
	{theirs: "capabilities.internalConfigurationURL", ours: "configuration.location.page"},
}}
