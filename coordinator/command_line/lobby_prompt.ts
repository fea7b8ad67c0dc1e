// While a run waits in its lobby: what the terminal says, and that Enter there starts it.

import type { LobbyOptions } from '../run/lobby.ts';

/** What to do now, in a line. @param hasKeyboard whether somebody can press Enter */
export function lobbyLine({ waitsFor }: LobbyOptions, hasKeyboard: boolean): string {
  const ways = [
    'the button on the page, opened on this machine or with the token',
    ...(hasKeyboard ? ['Enter here'] : []),
  ];
  const itself = waitsFor === undefined ? '' : `; it starts by itself when ${waitsFor} have joined`;
  return `in the lobby: people can join; ${ways.join(' or ')} starts the run${itself}`;
}

/** Calls back when somebody presses Enter. @returns stops listening */
export function onEnter(keyboard: NodeJS.ReadStream, begin: () => void): () => void {
  const listen = () => begin();
  keyboard.once('data', listen);
  return () => {
    keyboard.removeListener('data', listen);
    keyboard.pause();
  };
}
