export const REFRESH_SECONDS = 5;

/**
 * Refreshes the page with what the server renders, so that only the server renders; and saves the caps, which a form
 * can't do, because they are sent as JSON and may need a token.
 */
export const SCRIPT = `
const connection = document.getElementById('connection');
const announcement = document.getElementById('announcement');
const clock = (date, options) => date.toLocaleString([], { hour: '2-digit', minute: '2-digit', ...options });
const articles = (root) => [...root.querySelectorAll('article')];
const parts = (root) => [...root.querySelectorAll('article > .live, article > details')];
const source = new WeakMap();
let lastAnswer = new Date();

function prepare(part) {
  source.set(part, part.innerHTML);
  for (const time of part.querySelectorAll('time')) {
    const at = new Date(time.dateTime);
    time.textContent = 'dated' in time.dataset
      ? at.toLocaleDateString([], { weekday: 'short', day: 'numeric', month: 'short' })
      : clock(at, { weekday: 'short' });
  }
  for (const form of part.querySelectorAll('form')) review(form);
}

function takeOver(part, fresh) {
  if (part.open || source.get(part) === fresh.innerHTML) return;
  if (part.dataset.paused !== fresh.dataset.paused) {
    const account = fresh.parentElement.dataset.account;
    announcement.textContent = account + (fresh.dataset.paused === 'yes' ? ': new work is paused' : ': new work can start');
  }
  part.replaceWith(fresh);
  prepare(fresh);
}

// Article by article, because one that appears or goes must not close a card that somebody edits.
function takeOverArticles(fresh) {
  const main = document.querySelector('main');
  const names = new Set(fresh.map(({ dataset }) => dataset.account));
  for (const article of articles(main)) if (!names.has(article.dataset.account)) article.remove();
  const shown = new Map(articles(main).map((article) => [article.dataset.account, article]));
  fresh.forEach((article, index) => {
    const before = shown.get(article.dataset.account);
    if (before) {
      const next = parts(article);
      parts(before).forEach((part, position) => next[position] && takeOver(part, next[position]));
    } else {
      main.insertBefore(article, articles(main)[index] ?? null);
      parts(article).forEach(prepare);
    }
  });
}

async function refresh() {
  if (document.hidden) return;
  try {
    const response = await fetch(location.pathname, { signal: AbortSignal.timeout(10000) });
    if (!response.ok) throw new Error(response.statusText);
    const page = new DOMParser().parseFromString(await response.text(), 'text/html');
    takeOverArticles(articles(page));
    connected(page.title);
  } catch {
    disconnected();
  }
}

// The numbers of a page that no longer refreshes lose their colours, so that old ones don't look current.
function connected(title) {
  document.title = title;
  document.body.classList.remove('lost');
  lastAnswer = new Date();
  connection.textContent = 'as of ' + clock(lastAnswer, { second: '2-digit' });
}

function disconnected() {
  if (document.body.classList.contains('lost')) return;
  document.body.classList.add('lost');
  document.title = 'Not reachable · Claude usage';
  connection.textContent = 'Exporter not reachable. Values as of ' + clock(lastAnswer, { second: '2-digit' }) + '.';
  announcement.textContent = 'exporter not reachable';
}

const valueOf = ({ on, percent }) => (on.checked ? percent.valueAsNumber : null);
const savedOf = ({ dataset }) => (dataset.saved === '' ? null : Number(dataset.saved));

function review(form) {
  let changed = false;
  for (const cap of form.querySelectorAll('fieldset')) {
    const { on, percent } = cap.elements;
    percent.disabled = !on.checked;
    const value = valueOf(cap.elements);
    cap.querySelector('.alert').hidden = !(value !== null && cap.dataset.used !== '' && value <= Number(cap.dataset.used));
    changed ||= value !== savedOf(cap);
  }
  tell(form, changed ? 'Not saved yet.' : '');
}

function tell(form, text, failed = false) {
  const result = form.querySelector('.result');
  if (!result) return;
  if (result.textContent !== text) result.textContent = text;
  result.classList.toggle('failed', failed);
}

async function save(form) {
  const caps = [...form.querySelectorAll('fieldset')];
  const body = Object.fromEntries(caps.map((cap) => [cap.dataset.cap, valueOf(cap.elements)]));
  const token = form.elements.token?.value;
  const response = await fetch('/api/v1/accounts/' + encodeURIComponent(form.dataset.account) + '/gate/caps', {
    method: 'PUT',
    headers: { 'Content-Type': 'application/json', ...(token ? { Authorization: 'Bearer ' + token } : {}) },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.detail);
  for (const cap of caps) cap.dataset.saved = answer[cap.dataset.cap] ?? '';
}

document.addEventListener('input', ({ target }) => {
  if (target.form && target.name !== 'token') review(target.form);
});
// An open card is not refreshed; closing it catches up.
document.addEventListener('toggle', ({ target }) => void (target.open || refresh()), { capture: true });
document.addEventListener('submit', async (event) => {
  event.preventDefault();
  const form = event.target;
  try {
    await save(form);
    review(form);
    tell(form, 'Saved.');
    await refresh();
  } catch (error) {
    tell(form, 'Not saved: ' + error.message, true);
  }
});

parts(document).forEach(prepare);
setInterval(refresh, ${REFRESH_SECONDS * 1000});
document.addEventListener('visibilitychange', refresh);
`;
