import { type Browser, chromium } from 'playwright-core';
import { pathOf } from '../../deploy/local/on-path.mjs';
import { CHROMIUM_COMMANDS } from '../../deploy/local/programs/install-packages.mjs';

/** Starts a real browser without a window that makes no requests on its own. */
export async function startBrowser(): Promise<Browser> {
  const [executablePath] = CHROMIUM_COMMANDS.flatMap((command) => pathOf(command) ?? []);
  if (executablePath === undefined) throw new Error(`none of ${CHROMIUM_COMMANDS.join(', ')} is on the PATH`);
  // Its sandbox does not work as root, as in containers. The tests load the project's own pages only.
  const args = ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--no-first-run'];
  return chromium.launch({ executablePath, args });
}
