// What the page says to people who help together, in English. Figures come as text, already formatted.

export const englishLesson = {
  name: 'Your name, if you like',
  nameHint: (made: string) => `Leave it empty to stay anonymous: you are “${made}” then.`,
  you: (name: string) => `${name} (you)`,
  kinds: {
    local: 'this machine’s own processes',
    coordinator: 'the coordinator itself',
    anonymous: 'helpers without a name',
    others: 'many others',
  },

  help: {
    heading: 'Help train',
    start: 'Help train',
    stop: 'Stop helping',
    watchOnly: 'This link lets you watch. To help, ask whoever started the run for the link to join.',
    cores: (lent: string, of: string) => `Cores to lend: ${lent} of ${of}`,
    lowBattery: 'Paused: the battery is low.',
    onBattery: 'Helping takes about as much power as a game: plug in if you can. It pauses when the battery runs low.',
    savesData: 'Your browser saves data: helping moves about a megabyte a second.',
    connected: (connected: string, of: string) => `${connected} of ${of} workers connected.`,
  },

  lobby: {
    heading: 'Join in',
    howTo: 'Scan the code, or open this address, and press “Join”.',
    watchOnly: 'This link lets you watch. To join, ask whoever starts the run for the link.',
    onlyHere: 'Only this machine can join: start the coordinator with --host 0.0.0.0 to let phones in.',
    code: (address: string) => `QR code of ${address}`,
    joined: (people: number, count: string) => (people === 1 ? '1 has joined' : `${count} have joined`),
    nobody: 'Nobody has joined yet.',
    waitsFor: (count: string) => `It begins when ${count} have joined.`,
    join: 'Join',
    leave: 'Leave again',
    in: 'You are in! It begins soon: leave this page open.',
    joining: 'Joining …',
    start: 'Start',
    failed: (reason: string) => `It could not be started: ${reason}`,
  },

  people: {
    heading: 'Who helps',
    nobody: 'Nobody yet.',
    answers: (count: string) => `${count} answers`,
    more: (count: string) => `and ${count} more`,
  },

  crowd: (busy: string, joined: string) =>
    `A step of this job has ${busy} pieces of work: ${busy} of ${joined} workers can be busy at a time. A job with a smaller microbatchSize or a larger batchSize keeps more of them busy; “class” is made for many.`,

  access: {
    open: 'Whoever reaches this address may see the run and help.',
    'by link': 'Who has the link may see the run and help; nobody else.',
  },

  part: {
    answers: 'answers that counted',
    samples: 'examples learnt from',
    gradients: 'gradients counted',
    measured: 'measurements',
    confirmed: 'confirmations',
    share: 'of all examples',
    leases: 'leases this tab has answered',
    kept: 'Nothing is installed. It ends when you close the tab; who you are is kept in this browser.',
  },

  end: {
    heading: 'The model is trained',
    better: (from: string, to: string) => `It was right in ${from} of the tests when it began. Now it is in ${to}.`,
    reached: (to: string) => `It is right in ${to} of the tests.`,
    loss: (to: string) => `Its loss on the tests is ${to}.`,
    madeBy: (people: string) => `made by ${people}`,
    people: (count: number, text: string) => (count === 1 ? '1 helper' : `${text} helpers`),
    fingerprint: 'one fingerprint',
    replayed: 'replayed ✓',
    thanks: (name: string) => `Thank you, ${name}!`,
    yours: (answers: string, samples: string, share: string) =>
      `${answers} of your answers counted. The model has learnt from ${samples} examples on your device, ${share} of all.`,
    everybody: 'Everybody’s part',
    card: 'Make a card to share',
    saved: 'The card is saved as a picture.',
    next: 'Wait for the next run at this address, and help again',
    cardTitle: 'We trained a neural network',
  },
};
