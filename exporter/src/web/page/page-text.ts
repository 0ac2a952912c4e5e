import { type Html, html } from '@repo/common/html';
import { SESSION_WINDOW, WEEKLY_WINDOW, type WindowName } from '../../usage/windows.ts';

/**
 * A point in time. The script replaces the text with the reader's own time zone: weekday and time, or with `dated` weekday
 * and date.
 */
export function renderTime(ms: number, { dated = false } = {}): Html {
  const iso = new Date(ms).toISOString();
  return html`<time datetime="${iso}"${dated ? html` data-dated` : ''}>${iso.slice(0, 16).replace('T', ' ')} UTC</time>`;
}

/** The window's name as people use it: "5 hours", "Week", "Week, Fable". */
export function windowTitle({ window, displayName }: { window: WindowName; displayName?: string }): string {
  if (window === SESSION_WINDOW) return '5 hours';
  if (window === WEEKLY_WINDOW) return 'Week';
  return `Week, ${displayName ?? unslug(window)}`;
}

// For windows that the API reports without a display name.
function unslug(window: WindowName): string {
  return window
    .slice(WEEKLY_WINDOW.length + 1)
    .split('_')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(' ');
}

export function formatPercent(percent: number): string {
  return `${percent.toLocaleString('en', { maximumFractionDigits: 1, useGrouping: false })} %`;
}

/** A duration in at most two units, such as `2 d 14 h`. */
export function formatSpan(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return `${Math.max(0, Math.floor(ms / 1000))} s`;
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
