import type { TakeReport } from '../../statusline/statusline-intake.ts';
import { statuslineSchema } from '../../statusline/statusline-report.ts';
import { statuslineRoute } from '../../statusline/statusline-route.ts';
import type { Route } from '../route.ts';

/** Takes status lines over HTTP, for sessions that have no access to the storage directory. */
export function statuslineRoutes(takeStatusline: TakeReport): readonly Route[] {
  return [
    {
      method: 'post',
      path: '/api/v1/statusline',
      guard: 'write',
      operation: {
        id: 'reportStatusline',
        summary: 'Reports the usage that the status line of a Claude Code session shows',
        body: { name: 'StatuslineReport', schema: statuslineSchema },
        responses: { 204: { description: 'Accepted.' }, 400: { description: 'Invalid report.' } },
      },
      handler: statuslineRoute(takeStatusline),
    },
  ];
}
