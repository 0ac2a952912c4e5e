import { type Browser, chromium } from 'playwright-core';
import { pathOf } from '../../deploy/local/on-path.mjs';
import { CHROMIUM_COMMANDS } from '../../deploy/local/programs/install-packages.mjs';

/** A real browser without a window, which asks for nothing by itself. */
export async function startBrowser(): Promise<Browser> {
  const [executablePath] = CHROMIUM_COMMANDS.flatMap((command) => pathOf(command) ?? []);
  if (executablePath === undefined) throw new Error(`none of ${CHROMIUM_COMMANDS.join(', ')} is on the PATH`);
  // Its sandbox refuses to run as root, as which tests run in containers; they load pages of ours only.
  const args = ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--no-first-run'];
  return chromium.launch({ executablePath, args });
}
