import { isLoopback } from '@repo/common/loopback';
import { z } from 'zod';

export const API = 'https://api.anthropic.com';

/** The origin of an API that tokens may be sent to. */
export const endpointSchema = z.string().transform((text, refinement) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || `${url.origin}/` !== url.href) {
    refinement.addIssue(`must be an origin like ${API}, without path or credentials`);
    return z.NEVER;
  }
  if (url.protocol === 'http:' && !isSimulator(url.origin)) {
    refinement.addIssue('would send the access token in clear text; use https (http is for loopback addresses only)');
  }
  return url.origin;
});

/** Whether an endpoint is on this machine, where only a simulator of the API can be. */
export function isSimulator(endpoint: string): boolean {
  return isLoopback(new URL(endpoint).hostname);
}
