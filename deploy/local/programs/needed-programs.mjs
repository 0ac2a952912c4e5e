/**
 * A program that is used from the PATH or from Debian's packages, unpacked without installing them.
 *
 * @typedef {object} NeededProgram
 * @property {string} title
 * @property {readonly (readonly string[])[]} commands each entry is one command, under all its names
 * @property {readonly string[]} packages
 * @property {RegExp} [assetPackages] dependencies with files that it serves
 * @property {readonly string[]} files the executables in the packages; the first must answer `versionFlag`
 * @property {string} versionFlag
 */

/** @type {NeededProgram} */
const prometheus = {
  title: 'Prometheus',
  commands: [['prometheus']],
  packages: ['prometheus'],
  assetPackages: /^(libjs|fonts)-/,
  files: ['usr/bin/prometheus', 'usr/bin/promtool'],
  versionFlag: '--version',
};

/** @type {NeededProgram} */
const alertmanager = {
  title: 'Alertmanager',
  commands: [['prometheus-alertmanager', 'alertmanager']],
  packages: ['prometheus-alertmanager'],
  files: ['usr/bin/prometheus-alertmanager', 'usr/bin/amtool'],
  versionFlag: '--version',
};

export const FOR_START = [prometheus, alertmanager];

/** The tests also call the tools, and try the gate's example for nginx. */
export const FOR_TESTS = [
  { ...prometheus, commands: [['prometheus'], ['promtool']] },
  { ...alertmanager, commands: [['prometheus-alertmanager', 'alertmanager'], ['amtool']] },
  { title: 'nginx', commands: [['nginx']], packages: ['nginx'], files: ['usr/sbin/nginx'], versionFlag: '-v' },
];
