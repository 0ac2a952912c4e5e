import type { FieldProblem } from '@repo/common/field-problem';
import type { AccountStore } from '../account/account-store.ts';
import { takeStatusline } from '../account/statusline-usage.ts';
import type { Config } from '../config/config.ts';
import type { Events } from '../events.ts';
import type { History } from '../history/history.ts';
import { readStatuslineReport } from './statusline-report.ts';

export interface IntakePorts {
  readonly history: Pick<History, 'saveStatusline'>;
  readonly store: Pick<AccountStore, 'statuslineOf' | 'replaceStatusline'>;
  readonly events: Pick<Events, 'statuslineRefused'>;
  readonly now: () => number;
}

/** Takes one report in, and returns what is wrong with it: nothing when it was taken. */
export type TakeReport = (body: unknown) => readonly FieldProblem[];

/** The one way in for status lines, whatever they come by. What is news goes to the readers and into the history. */
export function createStatuslineIntake({ accounts, staleAfterMs }: Config, ports: IntakePorts): TakeReport {
  const { history, store, events, now } = ports;
  const names = accounts.map(({ name }) => name);
  return (body) => {
    const report = readStatuslineReport(body, names, now());
    if ('problems' in report) {
      events.statuslineRefused(report.problems);
      return report.problems;
    }
    const { account, windows } = report;
    const next = takeStatusline(store.statuslineOf(account), windows, now(), staleAfterMs);
    if (next) {
      const shown = store.replaceStatusline(account, next);
      history.saveStatusline(account, { ...next, windows: shown });
    }
    return [];
  };
}
