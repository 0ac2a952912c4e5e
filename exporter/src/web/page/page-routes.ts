import { setTimeout } from 'node:timers/promises';
import { isWriter } from '@repo/common/web/caller';
import type { Request } from 'express';
import type { AccountView } from '../../account/account-view.ts';
import type { TodayAnswer } from '../../transcripts/daemon/queries.ts';
import type { Transcripts } from '../../transcripts/daemon/transcripts.ts';
import type { Thresholds } from '../../usage/thresholds.ts';
import type { Route } from '../route.ts';
import type { WriteAccess } from './page-gate.ts';
import type { CurveOf } from './read-curve.ts';
import { CONTENT_SECURITY_POLICY, renderStatusPage } from './status-page.ts';

/** Longer than an answer takes while nothing is scanned. */
const MAX_WAIT_MS = 300;

export interface PagePorts {
  readonly views: () => readonly AccountView[];
  readonly thresholds: Thresholds;
  readonly curveOf: CurveOf;
  /** Returns true if tokens are configured that may write. */
  readonly hasWriteTokens: () => boolean;
  /** Users and names in client certificates that may write. */
  readonly writers: () => readonly string[];
  readonly now: () => number;
  readonly transcripts: Transcripts | undefined;
}

/** The status page. */
export function pageRoutes({
  views,
  thresholds,
  curveOf,
  hasWriteTokens,
  writers,
  now,
  transcripts,
}: PagePorts): readonly Route[] {
  const accessOf = (request: Request): WriteAccess => {
    if (isWriter(request, writers())) return 'identified';
    return hasWriteTokens() ? 'token' : 'refused';
  };
  let today: TodayAnswer | undefined;
  const refreshToday = async (source: Transcripts) => {
    // Accounts are shown also when the transcripts cannot be read; their own metrics and log say why.
    today = await source.today().catch(() => today);
  };
  return [
    {
      method: 'get',
      path: '/',
      guard: 'read',
      async handler(request, response) {
        // A scan of many transcripts must not hold the page back; the next refresh has what it finds.
        if (transcripts) await Promise.race([refreshToday(transcripts), setTimeout(MAX_WAIT_MS)]);
        response
          .set({ 'Content-Security-Policy': CONTENT_SECURITY_POLICY, 'Referrer-Policy': 'no-referrer' })
          .type('html')
          .send(renderStatusPage(views(), { thresholds, curveOf, access: accessOf(request), now: now(), today }));
      },
    },
  ];
}
