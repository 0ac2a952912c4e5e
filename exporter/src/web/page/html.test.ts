import { expect, test } from 'vitest';
import { html } from './html.ts';

test('what is inserted is escaped, and templates are not escaped twice', () => {
  const cell = html`<td title="${`"'&`}">${'<script>'}</td>`;
  expect(html`<tr>${[cell, html`<td>${1}</td>`]}</tr>`.html).toBe(
    '<tr><td title="&#34;&#39;&#38;">&#60;script&#62;</td><td>1</td></tr>',
  );
});
