import type { AlertingRule } from '../rule.ts';

const HEADING = '## Rule';

/** A runbook page: the text that people wrote, and what the rule says, so that the two are read side by side. */
export function renderRunbook(page: string, rule: AlertingRule): string {
  const [written = ''] = page.split(`\n${HEADING}\n`);
  return `${written.trimEnd()}

${HEADING}

${facts(rule)}

\`\`\`promql
${rule.expr}
\`\`\`
`;
}

function facts({ labels, for: pending, keep_firing_for }: AlertingRule): string {
  const severity = labels.severity?.includes('{{')
    ? 'from the target label `down_severity`, else critical'
    : (labels.severity ?? 'from the threshold');
  return [
    `Severity: ${severity}. Kind: ${labels.notify}.`,
    pending ? `Fires after ${pending}.` : 'Fires at once.',
    ...(keep_firing_for ? [`Resolves after ${keep_firing_for}.`] : []),
    'Generated from rules/src.',
  ].join(' ');
}
