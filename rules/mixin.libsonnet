// For jsonnet users: local mixin = import 'mixin.libsonnet';
// Options are not parameters here: generate the files with `node rules/src/main.ts` and import the result.
local groups(file) = std.parseYaml(file).groups;
{
  prometheusRules+:: { groups+: groups(importstr 'recording.yml') },
  prometheusAlerts+:: {
    groups+: groups(importstr 'alerts/thresholds.yml')
             + groups(importstr 'alerts/resets.yml')
             + groups(importstr 'alerts/forecast.yml')
             + groups(importstr 'alerts/account.yml')
             + groups(importstr 'alerts/exporter.yml')
             + groups(importstr 'alerts/bridge.yml'),
  },
}
