// 한국어. What the page says to people who help together, in Korean.

import type { Texts } from './language.ts';

export const koreanLesson: Texts['lesson'] = {
  name: '이름 (원하면)',
  nameHint: (made) => `비워 두면 익명입니다. 그때는 “${made}”(으)로 보입니다.`,
  you: (name) => `${name} (나)`,
  kinds: {
    local: '이 컴퓨터의 프로세스',
    coordinator: '코디네이터 자신',
    anonymous: '이름 없는 참가자',
    others: '그 밖의 많은 참가자',
  },

  help: {
    heading: '학습 돕기',
    start: '학습 돕기',
    stop: '그만 돕기',
    watchOnly: '이 링크로는 볼 수만 있습니다. 도우려면 시작한 사람에게 참가 링크를 받으세요.',
    cores: (lent, of) => `빌려줄 코어: ${of}개 중 ${lent}개`,
    lowBattery: '배터리가 부족해 잠시 멈췄습니다.',
    onBattery: '게임만큼 전기를 씁니다. 되도록 충전기를 꽂으세요. 배터리가 부족해지면 저절로 멈춥니다.',
    savesData: '브라우저가 데이터를 아끼는 중입니다. 도우면 1초에 약 1MB를 주고받습니다.',
    connected: (connected, of) => `작업자 ${of}개 중 ${connected}개 연결됨.`,
  },

  lobby: {
    heading: '함께해요',
    howTo: '코드를 스캔하거나 이 주소를 열고 “참가하기”를 누르세요.',
    watchOnly: '이 링크로는 볼 수만 있습니다. 참가하려면 시작하는 사람에게 링크를 받으세요.',
    onlyHere: '이 컴퓨터만 참가할 수 있습니다. 휴대폰을 받으려면 코디네이터를 --host 0.0.0.0 으로 시작하세요.',
    code: (address) => `${address} 의 QR 코드`,
    joined: (_people, count) => `${count}명 참가`,
    nobody: '아직 아무도 없습니다.',
    waitsFor: (count) => `${count}명이 모이면 시작합니다.`,
    join: '참가하기',
    leave: '나가기',
    in: '참가했습니다! 곧 시작하니 이 페이지를 열어 두세요.',
    joining: '참가하는 중 …',
    start: '시작',
    failed: (reason) => `시작하지 못했습니다: ${reason}`,
  },

  people: {
    heading: '함께하는 사람들',
    nobody: '아직 아무도 없습니다.',
    answers: (count) => `답 ${count}개`,
    more: (count) => `외 ${count}명`,
  },

  crowd: (busy, joined) =>
    `이 작업은 한 단계가 ${busy}조각이라 ${joined}명 중 ${busy}명만 동시에 일할 수 있습니다. microbatchSize를 줄이거나 batchSize를 늘리면 더 많이 일합니다. “class” 작업은 여럿을 위한 것입니다.`,

  access: {
    open: '이 주소에 닿는 사람은 누구나 보고 도울 수 있습니다.',
    'by link': '링크가 있는 사람만 보고 도울 수 있습니다.',
  },

  part: {
    answers: '인정된 답',
    samples: '내 기기에서 배운 예',
    gradients: '인정된 기울기',
    measured: '측정',
    confirmed: '확인',
    share: '전체 예 중',
    leases: '이 탭이 답한 일감',
    kept: '아무것도 설치되지 않습니다. 탭을 닫으면 끝나고, 내가 누구인지는 이 브라우저에만 남습니다.',
  },

  end: {
    heading: '모델이 다 배웠습니다',
    better: (from, to) => `처음에는 시험의 ${from}를 맞혔습니다. 이제는 ${to}를 맞힙니다.`,
    reached: (to) => `시험의 ${to}를 맞힙니다.`,
    loss: (to) => `시험에서의 손실은 ${to}입니다.`,
    madeBy: (people) => `만든 사람: ${people}`,
    people: (_count, text) => `참가자 ${text}명`,
    fingerprint: '하나의 지문',
    replayed: '다시 계산해 확인함 ✓',
    thanks: (name) => `${name} 님, 고맙습니다!`,
    yours: (answers, samples, share) =>
      `${answers}개의 답이 인정되었습니다. 모델은 이 기기에서 예 ${samples}개를 배웠고, 전체의 ${share}입니다.`,
    everybody: '모두의 몫',
    card: '나눌 카드 만들기',
    saved: '카드를 그림으로 저장했습니다.',
    next: '이 주소의 다음 학습을 기다렸다가 다시 돕기',
    cardTitle: '우리가 신경망을 가르쳤어요',
  },
};
