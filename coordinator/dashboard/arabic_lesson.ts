// العربية. What the page says to people who help together, in Arabic.

import type { Texts } from './language.ts';

export const arabicLesson: Texts['lesson'] = {
  name: 'اسمك، إن شئت',
  nameHint: (made) => `اتركه فارغًا لتبقى مجهولًا: ستظهر باسم «${made}».`,
  you: (name) => `${name} (أنت)`,
  kinds: {
    local: 'عمليات هذا الجهاز',
    coordinator: 'المنسّق نفسه',
    anonymous: 'مساعدون بلا اسم',
    others: 'كثيرون آخرون',
  },

  help: {
    heading: 'ساعد في التدريب',
    start: 'ساعد في التدريب',
    stop: 'أوقف المساعدة',
    watchOnly: 'هذا الرابط للمشاهدة فقط. للمساعدة اطلب رابط الانضمام ممن بدأ التدريب.',
    cores: (lent, of) => `الأنوية المُعارة: ${lent} من ${of}`,
    lowBattery: 'متوقف مؤقتًا: البطارية ضعيفة.',
    onBattery: 'تستهلك المساعدة طاقة لعبة تقريبًا: صِل الشاحن إن أمكن. تتوقف تلقائيًا حين تضعف البطارية.',
    savesData: 'متصفحك يوفّر البيانات: المساعدة تنقل نحو ميغابايت في الثانية.',
    connected: (connected, of) => `اتصل ${connected} من ${of} من العاملين.`,
  },

  lobby: {
    heading: 'شارك معنا',
    howTo: 'امسح الرمز، أو افتح هذا العنوان، ثم اضغط «انضمام».',
    watchOnly: 'هذا الرابط للمشاهدة فقط. للانضمام اطلب الرابط ممن يبدأ.',
    onlyHere: 'لا ينضم إلا هذا الجهاز: شغّل المنسّق مع ‎--host 0.0.0.0 لتدخل الهواتف.',
    code: (address) => `رمز QR للعنوان ${address}`,
    joined: (_people, count) => `انضم: ${count}`,
    nobody: 'لم ينضم أحد بعد.',
    waitsFor: (count) => `يبدأ حين ينضم ${count}.`,
    join: 'انضمام',
    leave: 'مغادرة',
    in: 'أنت معنا! سيبدأ قريبًا: اترك هذه الصفحة مفتوحة.',
    joining: 'جارٍ الانضمام …',
    start: 'ابدأ',
    failed: (reason) => `تعذّر البدء: ${reason}`,
  },

  people: {
    heading: 'من يساعد',
    nobody: 'لا أحد بعد.',
    answers: (count) => `إجابات: ${count}`,
    more: (count) => `وآخرون: ${count}`,
  },

  crowd: (busy, joined) =>
    `في كل خطوة من هذه المهمة ${busy} من قطع العمل: يعمل ${busy} من ${joined} في وقت واحد. تصغير microbatchSize أو تكبير batchSize يشغل عددًا أكبر؛ والمهمة «class» صُنعت للكثيرين.`,

  access: {
    open: 'كل من يصل إلى هذا العنوان يمكنه المشاهدة والمساعدة.',
    'by link': 'من لديه الرابط وحده يمكنه المشاهدة والمساعدة.',
  },

  part: {
    answers: 'إجابات احتُسبت',
    samples: 'أمثلة تعلّمها هنا',
    gradients: 'تدرّجات احتُسبت',
    measured: 'قياسات',
    confirmed: 'تأكيدات',
    share: 'من كل الأمثلة',
    leases: 'ما أجابت عنه هذه الصفحة',
    kept: 'لا يُثبَّت شيء. ينتهي الأمر بإغلاق الصفحة، وتُحفظ هويتك في هذا المتصفح وحده.',
  },

  end: {
    heading: 'اكتمل تدريب النموذج',
    better: (from, to) => `كان يصيب في ${from} من الاختبارات عند البدء، وهو الآن يصيب في ${to}.`,
    reached: (to) => `يصيب في ${to} من الاختبارات.`,
    loss: (to) => `خسارته في الاختبارات ${to}.`,
    madeBy: (people) => `صنعه: ${people}`,
    people: (_count, text) => `المساعدون: ${text}`,
    fingerprint: 'بصمة واحدة',
    replayed: 'أُعيد حسابه ✓',
    thanks: (name) => `شكرًا لك يا ${name}!`,
    yours: (answers, samples, share) =>
      `احتُسبت ${answers} من إجاباتك. تعلّم النموذج من ${samples} مثالًا على جهازك، أي ${share} من الكل.`,
    everybody: 'نصيب كل واحد',
    card: 'اصنع بطاقة للمشاركة',
    saved: 'حُفظت البطاقة صورةً.',
    next: 'انتظر التدريب القادم على هذا العنوان وساعد فيه أيضًا',
    cardTitle: 'درّبنا شبكة عصبية',
  },
};
