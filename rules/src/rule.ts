/** A recording rule. The comment explains a trap and is printed above the rule. */
export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
  readonly comment?: string;
}

export interface AlertingRule {
  readonly alert: string;
  readonly expr: string;
  /** Never below ten minutes: Prometheus does not restore a shorter one after a restart, so the alert would repeat. */
  readonly for?: string;
  readonly keep_firing_for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly comment?: string;
}

export interface RuleGroup {
  readonly name: string;
  readonly rules: readonly (RecordingRule | AlertingRule)[];
}

/** One file of the plain rules, relative to the folder `rules/`. */
export interface RuleFile {
  readonly path: string;
  readonly comment: string;
  readonly groups: readonly RuleGroup[];
}
