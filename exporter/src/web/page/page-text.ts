import { type Html, html } from '@repo/common/html';
import { SESSION_WINDOW, WEEKLY_WINDOW, type WindowName } from '../../usage/windows.ts';

/** How the status page words things. */

// The script puts the reader's own time zone in place.
export function renderTime(ms: number): Html {
  const iso = new Date(ms).toISOString();
  return html`<time datetime="${iso}">${iso.slice(0, 16).replace('T', ' ')} UTC</time>`;
}

export function windowTitle(window: WindowName): string {
  if (window === SESSION_WINDOW) return '5 hours';
  if (window === WEEKLY_WINDOW) return '7 days';
  const scope = window.slice(WEEKLY_WINDOW.length + 1).replaceAll('_', ' ');
  return `7 days, ${scope.charAt(0).toUpperCase()}${scope.slice(1)}`;
}

export function formatPercent(percent: number): string {
  return `${percent.toLocaleString('en', { maximumFractionDigits: 1, useGrouping: false })} %`;
}

/** A span of time as people say it, with at most two units. */
export function formatSpan(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return `${Math.max(0, Math.floor(ms / 1000))} s`;
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
