import { isAuthorized } from '@repo/common/web/authorization';
import type { SecretReader } from '@repo/common/web/secret-reader';
import { sendProblem } from '@repo/common/web/web-server';
import express, { type Request, type RequestHandler, type Response } from 'express';
import { z } from 'zod';
import type { TranscriptsConfig } from '../../config/transcripts-config.ts';
import { syncBodySchema } from '../../transcripts/daemon/agent-sync.ts';
import type { TranscriptQuery } from '../../transcripts/daemon/queries.ts';
import type { Transcripts } from '../../transcripts/daemon/transcripts.ts';
import type { Component, Operation, Route } from '../route.ts';
import { parseJsonBody } from './json-body.ts';

export interface TranscriptPorts {
  /** Undefined if transcripts are neither scanned nor received. */
  readonly transcripts: Transcripts | undefined;
  readonly agents: TranscriptsConfig['agents'];
  readonly readSecret: SecretReader;
}

const ANSWER: Component = { name: 'TranscriptAnswer', schema: z.record(z.string(), z.unknown()) };
const SYNC: Component = { name: 'AgentSync', schema: syncBodySchema };
const SYNC_LIMIT = '32mb';
const OLD_PREFIX = '/app/claude-usage';

/** Paths at which agents send; also those of the original agent. */
const SYNC_PATHS = ['/api/v1/agent-sync', `${OLD_PREFIX}/agent-sync`];

/** Returns whether a request goes to where agents send. */
export function isSyncPath(url: string): boolean {
  return SYNC_PATHS.includes(url.replace(/\/?(?:\?.*)?$/, ''));
}

/** Statistics from transcripts, and the intake for agents. The paths below `/app/claude-usage` are aliases. */
export function transcriptRoutes(ports: TranscriptPorts): readonly Route[] {
  const read = (path: string, old: string | undefined, id: string, summary: string, query: QueryOf): Route[] => {
    const handler = answer(ports, query);
    const operation: Operation = {
      id,
      summary,
      responses: {
        200: { description: 'Counts at list prices; null means unknown.', content: ANSWER },
        ...(path.includes('{') && { 404: { description: 'No transcript has this project or session.' } }),
        503: { description: 'Transcripts are not scanned.' },
      },
    };
    const api: Route = { method: 'get', path: `/api/v1/transcripts/${path}`, guard: 'read', operation, handler };
    return old === undefined ? [api] : [api, { method: 'get', path: `${OLD_PREFIX}/${old}`, guard: 'read', handler }];
  };
  const named = (kind: 'project' | 'project-sessions' | 'session', parameter: string) => (request: Request) =>
    ({ kind, name: String(request.params[parameter]) }) satisfies TranscriptQuery;
  const rescan: RequestHandler = async (_request, response) => {
    if (!ports.transcripts) return unavailable(response);
    response.json(await ports.transcripts.rescan());
  };
  return [
    ...read('stats', 'stats', 'getTranscriptStats', 'Totals and the current 5-hour window', () => ({ kind: 'stats' })),
    ...read('today', undefined, 'getTranscriptsToday', 'Usage of today and the live sessions', () => ({
      kind: 'today',
    })),
    ...read('projects', 'projects', 'listProjects', 'Projects with their totals', () => ({ kind: 'projects' })),
    ...read('projects/{project}', 'projects/{project}', 'getProject', 'One project', named('project', 'project')),
    ...read(
      'projects/{project}/sessions',
      'projects/{project}/sessions',
      'listProjectSessions',
      'Sessions of a project, the latest first',
      named('project-sessions', 'project'),
    ),
    ...read('sessions/{session}', 'sessions/{session}', 'getSession', 'One session', named('session', 'session')),
    ...read('health', undefined, 'getSessionHealth', 'Live sessions with their health and grade', () => ({
      kind: 'health',
    })),
    {
      method: 'post',
      path: '/api/v1/transcripts/rescan',
      guard: 'write',
      operation: {
        id: 'rescanTranscripts',
        summary: 'Scans the transcripts now and answers when their counts are stored',
        responses: {
          200: { description: 'What was read.', content: ANSWER },
        },
      },
      handler: rescan,
    },
    { method: 'post', path: `${OLD_PREFIX}/refresh`, guard: 'write', handler: rescan },
    ...SYNC_PATHS.map((path, index): Route => {
      const row: Route = { method: 'post', path, guard: 'read', handler: syncHandlers(ports) };
      return index > 0 ? row : { ...row, operation: SYNC_OPERATION };
    }),
  ];
}

type QueryOf = (request: Request) => TranscriptQuery;

const SYNC_OPERATION: Operation = {
  id: 'syncAgent',
  summary: 'Adds the messages of another host',
  description:
    'Needs the bearer token of an agent, which determines the host. Idempotent: a message that is known is only corrected upward.',
  body: SYNC,
  responses: {
    200: { description: 'Counts of what was received and of what is new.', content: ANSWER },
    400: { description: 'Invalid body.' },
    401: { description: 'The bearer token is missing or belongs to no agent.' },
  },
};

function answer({ transcripts }: TranscriptPorts, query: QueryOf): RequestHandler {
  return async (request, response) => {
    if (!transcripts) return unavailable(response);
    const result = await transcripts.query(query(request));
    if (result) response.json(result);
    else
      sendProblem(response, { status: 404, title: 'Not found', detail: 'no transcript has this project or session' });
  };
}

function unavailable(response: Response): void {
  const detail = 'transcripts are not scanned, set transcripts.enabled or transcripts.agents';
  sendProblem(response, { status: 503, title: 'Unavailable', detail });
}

function syncHandlers({ transcripts, agents, readSecret }: TranscriptPorts): RequestHandler[] {
  const hosts = new WeakMap<Request, string>();
  return [
    (request, response, next) => {
      const header = request.get('authorization') ?? '';
      const agent = agents.find(({ token }) => isAuthorized(header, { bearerTokens: [token] }, readSecret));
      if (agent) {
        hosts.set(request, agent.host);
        return next();
      }
      const detail =
        agents.length === 0
          ? 'no agent is configured, set transcripts.agents'
          : 'the Authorization header contains no token of transcripts.agents';
      response.set('WWW-Authenticate', 'Bearer');
      sendProblem(response, { status: 401, title: 'Unauthorized', detail });
    },
    express.text({ type: () => true, limit: SYNC_LIMIT }),
    async (request, response) => {
      if (!transcripts) return unavailable(response);
      const body = parseJsonBody(syncBodySchema, String(request.body ?? ''));
      if (!body.ok) {
        const detail = 'the body is not what an agent sends, nothing was counted';
        return sendProblem(response, { status: 400, title: 'Invalid agent-sync body', detail, errors: body.problems });
      }
      const result = await transcripts.ingest(hosts.get(request) ?? '', body.value);
      const message = `Synced ${result.projects} projects, ${result.sessions} sessions, ${result.messages} messages`;
      response.json({ status: 'success', message, ...result });
    },
  ];
}
