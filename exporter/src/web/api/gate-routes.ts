import { sendProblem } from '@repo/common/web/web-server';
import type { Request, Response } from 'express';
import type { AccountView } from '../../account/account-view.ts';
import type { GateCaps, RefusalReason } from '../../account/gate.ts';
import type { Route } from '../route.ts';
import { capsSchema, gateOpenSchema, refusalSchema } from './api-schemas.ts';
import { capsBody, capsOf, gateOpenBody, refusalBody } from './gate-api.ts';
import { withJsonBody } from './json-body.ts';

/** 403 is for callers that treat a 503 as a failure, such as nginx with `auth_request`. */
const REFUSE_STATUSES = ['503', '403'];
const CAPS = { name: 'GateCaps', schema: capsSchema };
const REFUSAL = { name: 'GateRefusal', schema: refusalSchema };

export interface GatePorts {
  readonly views: () => readonly AccountView[];
  /** Stores the caps durably and applies them. */
  readonly setCaps: (account: string, caps: GateCaps) => void;
  readonly onRefusal: (account: string, reason: RefusalReason) => void;
}

/** The gate of each account, which dispatchers ask before they start new work, and its caps. */
export function gateRoutes({ views, setCaps, onRefusal }: GatePorts): readonly Route[] {
  /** The account in the path. Answers 404 and returns `undefined` if there is none. */
  function viewOf(request: Request, response: Response): AccountView | undefined {
    const account = String(request.params.account);
    const found = views().find(({ state }) => state.account === account);
    if (!found) {
      const detail = `there is no account ${JSON.stringify(account.slice(0, 80))}; /api/v1/usage lists the accounts`;
      sendProblem(response, { status: 404, title: 'No such account', detail });
    }
    return found;
  }

  return [
    {
      method: 'get',
      path: '/api/v1/accounts/{account}/gate',
      guard: 'read',
      operation: {
        id: 'askGate',
        summary: 'Whether new work may start',
        description: 'Only the refusal body means "no". Treat any other answer, and no answer, as an open gate.',
        query: [
          {
            name: 'refuse_status',
            description:
              'Status of a refusal. 403 is for callers that treat a 503 as a failure, such as nginx with auth_request.',
            schema: { enum: REFUSE_STATUSES, default: '503' },
          },
        ],
        responses: {
          200: { description: 'The gate is open.', content: { name: 'GateOpen', schema: gateOpenSchema } },
          400: { description: 'Invalid query.' },
          403: { description: 'New work is refused, with the requested status.', content: REFUSAL },
          503: { description: 'New work is refused.', content: REFUSAL },
        },
      },
      handler(request, response) {
        const found = viewOf(request, response);
        if (!found) return;
        const { refuse_status: status = '503' } = request.query;
        if (typeof status !== 'string' || !REFUSE_STATUSES.includes(status)) {
          const errors = [{ path: 'refuse_status', message: `must be ${REFUSE_STATUSES.join(' or ')}` }];
          return sendProblem(response, { status: 400, title: 'Bad query', detail: 'invalid query', errors });
        }
        const { refusal } = found.gate;
        if (!refusal) return void response.json(gateOpenBody(found.gate, found.current === undefined));
        onRefusal(found.state.account, refusal.reason);
        response.status(Number(status)).json(refusalBody(refusal));
      },
    },
    {
      method: 'get',
      path: '/api/v1/accounts/{account}/gate/caps',
      guard: 'read',
      operation: {
        id: 'getGateCaps',
        summary: 'Utilization caps above which new work is refused',
        responses: { 200: { description: 'The caps.', content: CAPS } },
      },
      handler(request, response) {
        const found = viewOf(request, response);
        if (found) response.json(capsBody(found.gate.caps));
      },
    },
    {
      method: 'put',
      path: '/api/v1/accounts/{account}/gate/caps',
      guard: 'write',
      operation: {
        id: 'setGateCaps',
        summary: 'Sets both caps; they survive restarts',
        body: CAPS,
        responses: {
          200: { description: 'The new caps.', content: CAPS },
          400: { description: 'Invalid caps, nothing was changed.' },
          413: { description: 'The body is too large.' },
        },
      },
      handler: withJsonBody(
        capsSchema,
        { title: 'Invalid caps', detail: 'invalid caps, nothing was changed' },
        (caps, request, response) => {
          const found = viewOf(request, response);
          if (!found) return;
          setCaps(found.state.account, capsOf(caps));
          response.json(caps);
        },
      ),
    },
  ];
}
