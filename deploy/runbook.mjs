// Renders the runbook to pages that the exporter serves, so that the link in every alert opens without a network.
import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import MarkdownIt from 'markdown-it';

const STYLE = `:root { color-scheme: light dark; }
body { max-width: 46rem; margin: 2rem auto; padding: 0 1rem; font: 16px/1.55 system-ui, sans-serif; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.15rem; margin-top: 2rem; } h1, h2, h3 { overflow-wrap: anywhere; }
code, pre { font-size: .9em; overflow-wrap: anywhere; } pre { overflow-x: auto; padding: .75rem; border: 1px solid #8886; border-radius: .4rem; }
table { border-collapse: collapse; } th, td { border: 1px solid #8886; padding: .25rem .5rem; text-align: left; }`;

/**
 * Returns the HTML pages of the runbook by name: one for each alert, and `index`. An alert has a file in
 * `rules/runbooks/`, or a section in `rules/runbook.md`.
 * @param {string} rules directory of the rules
 * @returns {Map<string, string>}
 */
export function renderRunbook(rules) {
  const pages = new Map();
  const file = join(rules, 'runbook.md');
  if (existsSync(file)) {
    const [, ...sections] = readFileSync(file, 'utf8').split(/^(?=## )/m);
    for (const section of sections) pages.set(titleOf(section), section.replace(/^## /, '# '));
  }
  for (const path of globSync('runbooks/*.md', { cwd: rules })) {
    const name = basename(path, '.md');
    pages.set(/^(index|readme)$/i.test(name) ? 'index' : name, readFileSync(join(rules, path), 'utf8'));
  }
  const index = pages.get('index') ?? '# Runbook\n';
  pages.delete('index');
  const names = [...pages.keys()].sort();
  const missing = names.filter((name) => !index.includes(`(${name}.md)`));
  const list = missing.map((name) => `- [${name}](${name}.md)`).join('\n');
  pages.set('index', `${index.trim()}\n\n${list}\n`);
  return new Map([...pages].map(([name, markdown]) => [name, renderPage(name, markdown)]));
}

/**
 * @param {string} name
 * @param {string} markdown
 */
function renderPage(name, markdown) {
  // Without `html`, tags in the text are escaped, and links to scripts are dropped.
  const markdownIt = new MarkdownIt({ html: false, linkify: true });
  const ids = new Set();
  markdownIt.renderer.rules.heading_open = (tokens, index) => {
    const text = tokens[index + 1]?.content ?? '';
    // As the heading is written, and as other renderers spell it, because a fragment is case-sensitive.
    const [exact, slug] = [text.replace(/\s+/g, '-'), slugOf(text)].map((id) => unusedId(id, ids));
    const anchor = slug === exact ? '' : `<a id="${slug}"></a>`;
    return `<${tokens[index]?.tag} id="${markdownIt.utils.escapeHtml(exact ?? '')}">${anchor}`;
  };
  markdownIt.renderer.rules.link_open = (tokens, index, options, _env, self) => {
    const href = String(tokens[index]?.attrGet('href') ?? '');
    const page = /^(?:\.\/)?(?:runbooks\/)?([\w-]+)\.md(#.*)?$/.exec(href);
    if (page) tokens[index]?.attrSet('href', `/docs/runbook/${page[1]}${page[2] ?? ''}`);
    return self.renderToken(tokens, index, options);
  };
  const back = name === 'index' ? '' : '<nav><a href="/docs/runbook">Runbook</a></nav>\n';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${markdownIt.utils.escapeHtml(name === 'index' ? 'Runbook' : name)}</title>
<style>${STYLE}</style>
</head>
<body>
${back}<main>
${markdownIt.render(markdown)}</main>
</body>
</html>
`;
}

/** @param {string} section */
function titleOf(section) {
  return section.slice(section.indexOf(' '), section.indexOf('\n')).trim();
}

/** @param {string} text */
function slugOf(text) {
  return text
    .toLowerCase()
    .replace(/[^\w\- ]/g, '')
    .replace(/ /g, '-');
}

/**
 * @param {string} id
 * @param {Set<string>} ids
 */
function unusedId(id, ids) {
  let unused = id;
  for (let count = 1; ids.has(unused); count += 1) unused = `${id}-${count}`;
  ids.add(unused);
  return unused;
}
