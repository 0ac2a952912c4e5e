import { createHash } from 'node:crypto';
import type { AccountView } from './account-state.ts';

const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
const STYLE = '';
export const CONTENT_SECURITY_POLICY = `default-src 'none'; style-src ${hash(STYLE)}`;
export function renderStatusPage(views: readonly AccountView[], _now: number): string {
  return `<!doctype html><title>Claude usage</title>${views.length}`;
}
