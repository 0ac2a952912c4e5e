/** Severities of a room, and how urgent each is. Names are compared without regard to case. */
export interface SeverityScale {
  /** Canonical names, the most urgent first. */
  readonly order: readonly string[];
  /** Canonical name by alias, in lower case. */
  readonly aliases: ReadonlyMap<string, string>;
}

export const DEFAULT_SEVERITIES: SeverityScale = {
  order: ['critical', 'error', 'warning', 'info'],
  aliases: new Map([
    ...aliasesOf('critical', ['page', 'p0', 'p1', 'sev0', 'sev1', 'emergency', 'alert', 'fatal', 'disaster', 'crit']),
    ...aliasesOf('error', ['high', 'major', 'p2', 'sev2', 'err']),
    ...aliasesOf('warning', ['warn', 'medium', 'moderate', 'average', 'minor', 'p3', 'sev3']),
    ...aliasesOf('info', ['information', 'informational', 'low', 'notice', 'none', 'debug', 'p4', 'p5', 'sev4']),
  ]),
};

export type SeveritySign = '🔴' | '🟠' | '🔵';

/**
 * Rank of a severity: 0 is the most urgent. A name that the scale does not know ranks just before the least urgent one,
 * because nobody chose to call it harmless; an alert without a severity ranks the same.
 */
export function severityRank(severity: string | undefined, { order, aliases }: SeverityScale): number {
  const name = severity?.trim().toLowerCase() ?? '';
  const canonical = aliases.get(name) ?? name;
  const rank = order.findIndex((known) => known.toLowerCase() === canonical.toLowerCase());
  return rank === -1 ? order.length - 1.5 : rank;
}

/** Red for the most urgent severities, blue for the least urgent one, orange between. */
export function severitySign(severity: string | undefined, scale: SeverityScale): SeveritySign {
  const rank = severityRank(severity, scale);
  const name = scale.order[rank]?.toLowerCase();
  if (rank === 0 || name === 'error') return '🔴';
  return rank === scale.order.length - 1 ? '🔵' : '🟠';
}

function aliasesOf(name: string, aliases: readonly string[]): [string, string][] {
  return aliases.map((alias) => [alias, name]);
}
