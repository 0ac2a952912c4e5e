import { z } from 'zod';

const labelName = z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, 'must be a label name');
const duration = z.string().regex(/^([0-9]+(ms|s|m|h|d|w|y))+$/, 'must be a Prometheus duration such as 10m');
const severity = z.enum(['critical', 'warning', 'info']);

/** Everything that differs between installations. The committed rule files use the defaults. */
export const rulesOptionsSchema = z.strictObject({
  exporter_selector: z
    .string()
    .default('job="claude-usage"')
    .describe('Label matchers that select the exporters in `up`.'),
  bridge_selector: z
    .string()
    .default('job="alertmanager-matrix-bridge"')
    .describe('Label matchers that select the bridges in `up`.'),
  extra_labels: z
    .array(labelName)
    .default([])
    .describe('Target labels that every rule keeps apart, for example `cluster`.'),
  static_labels: z
    .record(labelName, z.string())
    .default({})
    .describe('Labels that every alert carries, for example `namespace` for an AlertmanagerConfig.'),
  severities: z
    .partialRecord(severity, z.string())
    .default({})
    .describe('Other names for severities, for example `critical: page`.'),
  exporter_url: z
    .url()
    .default('http://127.0.0.1:10085')
    .describe('Exporter address as people open it; used in links to its status page and runbooks.'),
  grafana_url: z
    .url()
    .optional()
    .describe('Grafana address. If empty, dashboard links open the status page of the exporter.'),
  reset_settle: duration.default('10m').describe('How long a moved reset must hold still before it is reported.'),
  projected_exhaustion: z
    .strictObject({
      probability: z.number().min(0).max(1).default(0.7).describe('Fires from this probability on.'),
      resolve_below: z.number().min(0).max(1).default(0.5).describe('Resolves below this probability.'),
      for: duration.default('1h').describe('How long the probability must hold, both ways.'),
    })
    .prefault({}),
  linear_exhaustion: z
    .strictObject({
      range: duration.default('6h').describe('Range of the linear regression.'),
      horizon_seconds: z.int().positive().default(86_400).describe('How far ahead the line is followed.'),
    })
    .prefault({}),
  burn_fast_factor: z
    .number()
    .positive()
    .default(6)
    .describe('Fires when usage grows this many times faster than the pace that lasts exactly for the window.'),
  extra_nearly_spent_ratio: z.number().min(0).default(0.8).describe('Share of the extra-usage limit.'),
  login_expiring_seconds: z.int().positive().default(259_200).describe('How long before its end a login is reported.'),
  clock_skew_seconds: z.int().positive().default(60).describe('Difference to the API clock that is reported.'),
});

export type RulesOptions = z.output<typeof rulesOptionsSchema>;
export type Severity = z.output<typeof severity>;

export const DEFAULT_OPTIONS: RulesOptions = rulesOptionsSchema.parse({});
