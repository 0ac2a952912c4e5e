// Loaded before the exporter (node --import): shows it the files in $POD_FILES where a pod has its ServiceAccount.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { SERVICE_ACCOUNT_DIRECTORY } from '../../exporter/src/credentials/kubernetes-api.ts';

const files = process.env.POD_FILES ?? '';
const inPod = (path: unknown) =>
  typeof path === 'string' && path.startsWith(SERVICE_ACCOUNT_DIRECTORY)
    ? files + path.slice(SERVICE_ACCOUNT_DIRECTORY.length)
    : path;
for (const name of ['readFileSync', 'statSync'] as const) {
  const original: (...args: never[]) => unknown = fs[name];
  const replacement = (path: unknown, ...rest: unknown[]) => Reflect.apply(original, fs, [inPod(path), ...rest]);
  Object.assign(fs, { [name]: replacement });
}
syncBuiltinESMExports();
