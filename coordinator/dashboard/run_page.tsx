// The run in one of its three views.

import { useEffect, useState } from 'preact/hooks';
import { useDocumentState } from './document_state.ts';
import { useHelping } from './helping.ts';
import { LaptopView } from './laptop_view.tsx';
import { Lobby } from './lobby.tsx';
import { PhoneView } from './phone_view.tsx';
import { ProjectorView } from './projector_view.tsx';
import { type View, viewFor } from './view.ts';
import { ViewFooter, type ViewProps } from './view_header.tsx';

const viewOf: Readonly<Record<View, (props: ViewProps) => preact.JSX.Element>> = {
  projector: ProjectorView,
  laptop: LaptopView,
  phone: PhoneView,
};

export function RunPage(props: Omit<ViewProps, 'helping'>) {
  const view = useView();
  const { watched, isConnected } = props;
  useDocumentState(watched, isConnected);
  // Here, so that whoever helps goes on when the page shows something else.
  const helping = useHelping(watched.state.phase);
  const Shown = watched.state.phase === 'lobby' ? Lobby : viewOf[view];
  return (
    <>
      <Shown {...props} helping={helping} />
      <ViewFooter />
    </>
  );
}

/** Another one, when the window gets another width: a phone that is turned keeps its own. */
function useView(): View {
  const wanted = () => viewFor(location.search, Math.min(innerWidth, screen.width));
  const [view, setView] = useState(wanted);
  useEffect(() => {
    const look = () => setView(wanted());
    addEventListener('resize', look);
    return () => removeEventListener('resize', look);
  }, []);
  return view;
}
