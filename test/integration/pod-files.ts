// Loaded before the exporter (node --import): shows it the files in $POD_FILES where a pod has its ServiceAccount.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { SERVICE_ACCOUNT_DIRECTORY } from '../../exporter/src/credentials/kubernetes-api.ts';

const files = process.env.POD_FILES ?? '';
const { readFileSync } = fs;
const inPod = (path: unknown) =>
  typeof path === 'string' && path.startsWith(SERVICE_ACCOUNT_DIRECTORY)
    ? files + path.slice(SERVICE_ACCOUNT_DIRECTORY.length)
    : path;
fs.readFileSync = ((path: unknown, ...rest: unknown[]) =>
  Reflect.apply(readFileSync, fs, [inPod(path), ...rest])) as typeof readFileSync;
syncBuiltinESMExports();
