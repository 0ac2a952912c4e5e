import { expect, test } from 'vitest';
import { escapeHtml, html } from './html.ts';

test('inserted values are escaped, and templates are not escaped twice', () => {
  const cell = html`<td title="${`"'&`}">${'<script>'}</td>`;
  expect(html`<tr>${[cell, html`<td>${1}</td>`]}</tr>`.html).toBe(
    '<tr><td title="&quot;&#39;&amp;">&lt;script&gt;</td><td>1</td></tr>',
  );
});

test('text with entities is escaped once more', () => {
  expect(escapeHtml(`<b>"Tom" & 'Ann'</b> &amp;`)).toBe(
    '&lt;b&gt;&quot;Tom&quot; &amp; &#39;Ann&#39;&lt;/b&gt; &amp;amp;',
  );
});
