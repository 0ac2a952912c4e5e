// `node test/checks/run.ts --pending` lists what these files break. The lists only shrink.

export const PENDING_STRUCTURE: ReadonlySet<string> = new Set([
  '',
  '        ^',
  '    at Object.getFileProtocolModuleFormat [as file',
  '    at async ModuleJob._link (node',
  '    at async ModuleLoader.loadAndTranslate (node',
  '    at defaultGetFormat (node',
  '    at defaultLoad (node',
  '  code',
  '  throw new ERR_UNKNOWN_FILE_EXTENSION(ext, filepath);',
  'Node.js v20.20.2',
  'TypeError [ERR_UNKNOWN_FILE_EXTENSION]',
  'node',
  '}',
]);

export const PENDING_PHRASES: ReadonlySet<string> = new Set([]);
