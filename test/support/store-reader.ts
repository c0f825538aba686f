/**
 * A process of its own that keeps a read transaction open on a database, as a program that looks at it for long does.
 * Argument: the file. Says "reading", and ends when its input ends.
 */
import { once } from 'node:events';
import { openConnection } from '../../src/store/sqlite/connection.ts';

const [path = ''] = process.argv.slice(2);
const connection = await openConnection({ path, busyTimeout: 1_000, readOnly: true });
connection.execute('BEGIN');
connection.sql('SELECT count(*) FROM memories').get();
process.stdout.write('reading\n');
process.stdin.resume();
await once(process.stdin, 'end');
connection.close();
