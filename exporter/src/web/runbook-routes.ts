import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sendProblem } from '@repo/common/web/web-server';
import type { Response } from 'express';
import type { Route } from './route.ts';

const CONTENT_SECURITY_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The runbook, one page for each alert. The pages are rendered when the program is built. */
export function runbookRoutes(directory: string): readonly Route[] {
  const send = (page: string, response: Response) => {
    const html = readPage(directory, page);
    if (html === undefined) {
      const detail = `the runbook has no page ${JSON.stringify(page.slice(0, 80))}; /docs/runbook lists the pages`;
      return sendProblem(response, { status: 404, title: 'No such page', detail });
    }
    response
      .set({ 'Content-Security-Policy': CONTENT_SECURITY_POLICY, 'Referrer-Policy': 'no-referrer' })
      .type('html')
      .send(html);
  };
  return [
    {
      method: 'get',
      path: '/docs/runbook',
      guard: 'read',
      handler: (_request, response) => send('index', response),
    },
    {
      method: 'get',
      path: '/docs/runbook/{page}',
      guard: 'read',
      handler: (request, response) => send(String(request.params.page), response),
    },
  ];
}

function readPage(directory: string, page: string): string | undefined {
  if (!/^[\w-]+$/.test(page)) return undefined;
  try {
    return readFileSync(join(directory, `${page}.html`), 'utf8');
  } catch {
    return undefined;
  }
}
