// A crowd that watches a run: so many connections that take what they are sent. Arguments: URL of the coordinator, number.

import { request } from 'node:http';

const [url = '', count = '1'] = process.argv.slice(2);
const events = new URL('/events', url.replace(/^ws/, 'http'));
let watching = 0;
for (let watcher = 0; watcher < Number(count); watcher++) {
  request(events, { agent: false }, (response) => {
    response.resume();
    watching += 1;
    if (watching === Number(count)) process.send?.('all watch');
  }).end();
}
