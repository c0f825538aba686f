/** The same library in its N-API edition for Node 22 and newer; it has no type package of its own. */
declare module 'better-sqlite3-prebuilt' {
  import Database = require('better-sqlite3');
  export = Database;
}
