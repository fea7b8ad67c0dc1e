// The dashboard.

import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { speak } from './language.ts';
import { takeToken } from './link.ts';
import { NoRun } from './no_run.tsx';
import { RunPage } from './run_page.tsx';
import { type Watch, watch } from './watch.ts';

function Dashboard() {
  const [{ run, contact }, setWatch] = useState<Watch>({ run: undefined, contact: 'connecting' });
  useEffect(() => watch(setWatch), []);
  if (run === undefined || contact === 'no token' || contact === 'wrong token') return <NoRun contact={contact} />;
  return <RunPage watched={run} isConnected={contact === 'connected'} />;
}

takeToken();
await speak();
const root = document.getElementById('root');
if (root !== null) render(<Dashboard />, root);
