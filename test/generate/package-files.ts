import { readFileSync } from 'node:fs';

interface RootPackage {
  readonly license: string;
  readonly version: string;
  readonly repository: { readonly type: string; readonly url: string };
}

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

/** Renders a published package's package.json: version, licence and addresses are those of the root. */
export function renderPackageJson(workspace: string): string {
  const root = JSON.parse(read('package.json')) as RootPackage;
  return withRootFields(read(`${workspace}/package.json`), root, workspace);
}

export function withRootFields(packageJson: string, { license, version, repository }: RootPackage, workspace: string) {
  const address = repository.url.replace(/^git\+/, '').replace(/\.git$/, '');
  const { name, description, keywords, ...rest } = JSON.parse(packageJson) as Record<string, unknown>;
  return `${JSON.stringify(
    {
      name,
      ...{ version, description, keywords, license },
      homepage: `${address}#readme`,
      bugs: `${address}/issues`,
      repository: { ...repository, directory: workspace },
      ...omit(rest, ['version', 'license', 'homepage', 'bugs', 'repository']),
    },
    null,
    2,
  )}\n`;
}

function omit(record: Record<string, unknown>, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).filter(([key]) => !keys.includes(key)));
}

/** A package is published with the licence text, so a copy lies in its folder. */
export const renderLicense = () => read('LICENSE');
