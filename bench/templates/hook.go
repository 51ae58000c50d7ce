package main

// body is as large as the templates that monitoring services ask for, and uses what
// they use: conditions, a list, an object's list, a switch of the administrator's.
const body = `{
  "title": "{{{title.plainText}}}",
  "text": "%%% \n {{{title.markdown}}}{{#if details.markdown}}\n{{{details.markdown}}}{{/if}}{{#if comment}}\n\n**comment:** {{{comment}}}{{/if}} \n %%%",
  "date_happened": {{timestamp.seconds}},
  "tags": [
    {{#if properties}}{{#with properties}}{{#each monitoring.values}}
    "{{{this}}}",
    {{/each}}{{/with}}{{/if}}
    {{#each tags}}
    "{{{this}}}",
    {{/each}}
    {{#if project.key}}
    "project_key:{{project.key}}",
    "project_name:{{{project.name}}}",
    {{/if}}
    {{#if project.environment.key}}
    "environment_key:{{project.environment.key}}",
    "environment_name:{{{project.environment.name}}}",
    {{#unless formVariables.short}}
    "{{{project.environment.name}}}",
    {{/unless}}
    {{/if}}
    "{{kind}}_key:{{key}}",
    "{{kind}}_name:{{{name}}}",
    "action:{{verbKind}}",
    {{#if member.email}}
    "member_email:{{member.email}}",
    {{/if}}
    "kind:{{kind}}"
  ],
  "source_type_name": "product",
  "alert_type": "info",
  "aggregation_key": "{{key}}-{{project.environment.key}}",
  "link": "{{{_links.site.href}}}"
}
`

const event = `{
  "_links": {"canonical": {"href": "https://app.example/api/v2/flags/default/demo", "type": "application/json"}, "parent": {"href": "https://app.example/api/v2/auditlog", "type": "application/json"},
    "self": {"href": "https://app.example/api/v2/auditlog/5e38c0d506121d8aaf15392b", "type": "application/json"}, "site": {"href": "https://app.example/default/production/features/demo", "type": "text/html"}},
  "baseURL": "https://app.example", "_id": "5e38c0d506121d8aaf15392b", "_accountId": "569f514156e003339cfd3917",
  "timestamp": {"milliseconds": 1580777685229, "seconds": "1580777685", "rfc3339": "2020-02-04T00:54:45Z", "simple": "2020-02-04 00:54:45"},
  "kind": "flag", "name": "Demo flag", "key": "demo",
  "details": {"plainText": "Decreased the rollout from 50% to 43%", "markdown": "* Decreased the rollout from ~~50%~~ to **43%** for the rule **If** email **ends with** .edu **serve** 43% true", "html": ""},
  "comment": "Adjusting the rules of the rollout",
  "project": {"name": "The big project", "key": "default", "tags": [], "environment": {"name": "Production", "key": "production", "tags": []}},
  "tags": ["ops", "security"],
  "properties": {"monitoring": {"name": "Monitoring tags", "values": ["team-a", "tier-1"]}, "tracker": {"name": "Tracker", "values": ["PRJ-1"]}},
  "member": {"_id": "569f514183f2164430000002", "email": "henrietta@harbour.example", "firstName": "Henrietta", "lastName": "Powell", "displayName": "Henrietta Powell"},
  "titleVerb": "updated the flag", "verbKind": "updateRules",
  "title": {"plainText": "Henrietta Powell updated the flag Demo flag in Production", "markdown": "[Henrietta Powell](mailto:henrietta@harbour.example) updated the flag [Demo flag](https://app.example/default/production/features/demo) in Production"},
  "formVariables": {"apiKey": "key", "site": "eu", "short": false}
}`
