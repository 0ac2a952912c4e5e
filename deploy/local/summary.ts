import type { Link } from './links.ts';

export interface Summary {
  readonly accounts: string;
  readonly isDemo: boolean;
  readonly hasAlerts: boolean;
  readonly matrixRoom: string | undefined;
  readonly links: readonly Link[];
}

/** Returns what `npm start` prints when everything is up. */
export function describeRun({ accounts, isDemo, hasAlerts, matrixRoom, links }: Summary): string {
  const width = Math.max(...links.map(({ title }) => title.length));
  const lines = links.map(({ title, url }) => `  ${title.padEnd(width)}   ${url}`);
  const messages =
    matrixRoom === undefined
      ? 'Each message is printed here as the Matrix room would show it.'
      : `Messages go to the Matrix room ${matrixRoom}.`;
  return [
    '',
    `The pipeline is up, with ${accounts}.`,
    '',
    ...lines,
    '',
    hasAlerts ? messages : 'There are no alerts, because Prometheus and Alertmanager are not both available.',
    ...(isDemo && hasAlerts
      ? ['The first alert arrives within two minutes. The story takes about five minutes; waiting times are shortened.']
      : []),
    'Ctrl-C stops everything.',
    '',
  ].join('\n');
}
