/**
 * Loaded before the program with `--require`: notes at exit which functions of the built file ran and which modules
 * were loaded, as JSON in the file that WATCHED_START names. NODE_VERSION_TO_SHOW makes Node look like another one.
 */
const { writeFileSync } = require('node:fs');
const { Session } = require('node:inspector');

const { NODE_VERSION_TO_SHOW: version, WATCHED_START: report } = process.env;

if (version) Object.defineProperty(process, 'versions', { value: { ...process.versions, node: version } });

if (report) {
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
  process.on('exit', () => {
    session.post('Profiler.takePreciseCoverage', (_, { result }) => {
      const program = result.find(({ url }) => url.endsWith('cli.cjs'));
      const functions = (program?.functions ?? []).map(({ ranges: [{ startOffset, endOffset, count }] }) => ({
        startOffset,
        endOffset,
        count,
      }));
      writeFileSync(report, JSON.stringify({ functions, modules: Object.keys(require.cache) }));
    });
  });
}
