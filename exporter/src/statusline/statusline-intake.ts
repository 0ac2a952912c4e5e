import type { FieldProblem } from '@repo/common/field-problem';
import type { AccountStore } from '../account/account-store.ts';
import { takeStatusline } from '../account/statusline-usage.ts';
import type { Config } from '../config/config.ts';
import type { Events } from '../events.ts';
import type { History } from '../history/history.ts';
import { readStatuslineReport } from './statusline-report.ts';

export interface IntakePorts {
  readonly history: Pick<History, 'saveReport'>;
  readonly store: Pick<AccountStore, 'reportOf' | 'replaceReport'>;
  readonly events: Pick<Events, 'statuslineRefused'>;
  readonly now: () => number;
}

/** Takes one report, and returns its problems; none if it was accepted. */
export type TakeReport = (body: unknown) => readonly FieldProblem[];

/** Returns the intake for status lines from every door. New values go to the readers and into the history. */
export function createStatuslineIntake({ accounts, staleAfterMs }: Config, ports: IntakePorts): TakeReport {
  const { history, store, events, now } = ports;
  const names = accounts.map(({ name }) => name);
  return (body) => {
    const report = readStatuslineReport(body, names, now());
    if (!('windows' in report)) {
      events.statuslineRefused(report.problems);
      return report.problems;
    }
    const { account, windows, problems } = report;
    if (problems.length > 0) events.statuslineRefused(problems);
    const next = takeStatusline(store.reportOf(account, 'statusline'), windows, now(), staleAfterMs);
    if (next) history.saveReport(account, store.replaceReport(account, next));
    return [];
  };
}
