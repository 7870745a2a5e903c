#!/usr/bin/env node
// `npx sluice …`: the command line tool through the same entry as the npm scripts.
'use strict';
var path = require('path');
process.argv.splice(2, 0, path.join(__dirname, '..', 'bin', 'sluice.ts'));
require('./run.cjs');
