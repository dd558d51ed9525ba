// Reads a trace (base64, standard input) by Apollo's own package and prints it as JSON.
import { readFileSync } from 'node:fs';
import reports from '@apollo/usage-reporting-protobuf';

const bytes = Buffer.from(readFileSync(0, 'utf8'), 'base64');
const trace = reports.Trace.decode(bytes);
const problem = reports.Trace.verify(trace);
if (problem) throw new Error(problem);
console.log(JSON.stringify(reports.Trace.toObject(trace, { longs: Number })));
