import { sendProblem } from '@repo/common/web/web-server';
import express, { type ErrorRequestHandler, type Express, type RequestHandler, type Response } from 'express';
import type { AccountView } from '../../account/account-state.ts';
import type { GateCaps, RefusalReason } from '../../account/gate.ts';
import { capsBody, gateOpenBody, parseCaps, refusalBody } from './gate-api.ts';

const BODY_LIMIT = '16kb';
/** 403 is for callers that make a failure of their own of a 503, like nginx with `auth_request`. */
const REFUSE_STATUSES = ['503', '403'];

export interface GateRoutes {
  readonly view: (account: string) => AccountView | undefined;
  /** Stores the caps durably, and lets them count from now on. */
  readonly setCaps: (account: string, caps: GateCaps) => void;
  readonly onRefusal: (account: string, reason: RefusalReason) => void;
  readonly requireWriteCredential: RequestHandler;
}

/** Adds the gate of each account, which dispatchers ask before they begin new work, and its caps. */
export function addGateRoutes(app: Express, { view, setCaps, onRefusal, requireWriteCredential }: GateRoutes): void {
  const gate = '/api/v1/accounts/:account/gate';
  const caps = `${gate}/caps`;

  /** The account that the path names; when there is none, that is answered and `undefined` is returned. */
  function viewOf(account: string, response: Response): AccountView | undefined {
    const found = view(account);
    if (!found) {
      const detail = `there is no account ${JSON.stringify(account.slice(0, 80))}; /api/v1/usage lists those there are`;
      sendProblem(response, { status: 404, title: 'No such account', detail });
    }
    return found;
  }

  app.get(gate, (request, response) => {
    const found = viewOf(request.params.account, response);
    if (!found) return;
    const { refuse_status: status = '503' } = request.query;
    if (typeof status !== 'string' || !REFUSE_STATUSES.includes(status)) {
      const errors = [{ path: 'refuse_status', message: `must be ${REFUSE_STATUSES.join(' or ')}` }];
      return sendProblem(response, { status: 400, title: 'Bad query', detail: 'the query is not understood', errors });
    }
    const { refusal } = found.gate;
    if (!refusal) return void response.json(gateOpenBody(found.gate, found.current === undefined));
    onRefusal(found.state.account, refusal.reason);
    response.status(Number(status)).json(refusalBody(refusal));
  });

  app.get(caps, (request, response) => {
    const found = viewOf(request.params.account, response);
    if (found) response.json(capsBody(found.gate.caps));
  });

  app.put(caps, requireWriteCredential, express.text({ type: () => true, limit: BODY_LIMIT }), (request, response) => {
    const found = viewOf(String(request.params.account), response);
    if (!found) return;
    const wanted = parseCaps(String(request.body ?? ''));
    if (!wanted.ok) {
      const detail = 'the caps are not understood, and stay as they were';
      return sendProblem(response, { status: 400, title: 'Not caps', detail, errors: wanted.problems });
    }
    setCaps(found.state.account, wanted.caps);
    response.json(capsBody(wanted.caps));
  });

  // What express refused before a handler saw it: a path with a broken escape, a body that is too large.
  const unreadable: ErrorRequestHandler = (error, _request, response, next) => {
    const { status, type } = error ?? {};
    if (response.headersSent || !(status >= 400 && status < 500)) return next(error);
    const detail =
      type === 'entity.too.large' ? `the body is larger than ${BODY_LIMIT}` : 'the request is not readable';
    sendProblem(response, { status, title: 'Bad request', detail });
  };
  app.use('/api/v1/accounts', unreadable);
}
