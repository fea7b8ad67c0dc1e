// The run in one of its three views.

import { useEffect, useState } from 'preact/hooks';
import { useDocumentState } from './document_state.ts';
import { LaptopView } from './laptop_view.tsx';
import { PhoneView } from './phone_view.tsx';
import { ProjectorView } from './projector_view.tsx';
import { type View, viewFor } from './view.ts';
import { ViewFooter, type ViewProps } from './view_header.tsx';

const viewOf: Readonly<Record<View, (props: ViewProps) => preact.JSX.Element>> = {
  projector: ProjectorView,
  laptop: LaptopView,
  phone: PhoneView,
};

export function RunPage(props: ViewProps) {
  const view = useView();
  useDocumentState(props.watched, props.isConnected);
  const Shown = viewOf[view];
  return (
    <>
      <Shown {...props} />
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
