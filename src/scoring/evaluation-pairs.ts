/**
 * Sixteen small things a person might tell, each asked for and told in Japanese and in English with hardly a word in
 * common, so that only meaning leads from the question to its answer. The scale of `model-quality.ts` rests on them:
 * another sentence here is another scale, and every model has to be measured anew (`probeVersion`).
 */
export const probeVersion = 1;

/** Question and answer in each language. */
export const evaluationPairs: readonly {
  readonly ja: readonly [string, string];
  readonly en: readonly [string, string];
}[] = [
  {
    ja: ['どんな動物と暮らしていますか', '家には三毛猫が二匹いる。'],
    en: ['What pet lives with me?', 'There are two calico cats at home.'],
  },
  {
    ja: ['苦手な食べ物は何ですか', '牡蠣を口にすると気分が悪くなる。'],
    en: ['Which food do I dislike?', 'Oysters make me feel sick.'],
  },
  {
    ja: ['仕事は何をしていますか', '病院で夜勤の看護師として働いている。'],
    en: ['What is my job?', 'I work night shifts as a nurse in a hospital.'],
  },
  {
    ja: ['休みの日の趣味は何ですか', '週末はたいてい山に登っている。'],
    en: ['What is my hobby on days off?', 'I usually climb mountains at the weekend.'],
  },
  {
    ja: ['どの楽器を演奏できますか', '子どもの頃からピアノを弾いてきた。'],
    en: ['Which instrument can I play?', 'I have played the piano since childhood.'],
  },
  {
    ja: ['通勤には何を使いますか', '毎朝自転車で会社に行く。'],
    en: ['How do I get to the office?', 'I ride my bicycle to work every morning.'],
  },
  {
    ja: ['体の具合が悪いところはありますか', '去年から腰が痛くて治療を受けている。'],
    en: ['Do I have any health problem?', 'My lower back has hurt since last year and is being treated.'],
  },
  {
    ja: ['どこの国を訪れましたか', '夏にイタリアを旅行した。'],
    en: ['Which country have I visited?', 'I travelled through Italy in summer.'],
  },
  {
    ja: ['家族には誰がいますか', '弟が一人と妹が一人いる。'],
    en: ['Who is in my family?', 'I have one younger brother and one younger sister.'],
  },
  {
    ja: ['よく飲むものは何ですか', '朝は必ず濃いコーヒーをいれる。'],
    en: ['What do I often drink?', 'I always brew strong coffee in the morning.'],
  },
  {
    ja: ['学校では何を学びましたか', '大学の専攻は物理だった。'],
    en: ['What did I study at school?', 'My major at university was physics.'],
  },
  {
    ja: ['怖いものは何ですか', '雷の音を聞くと震えてしまう。'],
    en: ['What am I afraid of?', 'The sound of thunder makes me tremble.'],
  },
  {
    ja: ['お金を何のために貯めていますか', '新しい家を買うつもりで貯金している。'],
    en: ['What am I saving money for?', 'I put money aside to buy a new house.'],
  },
  {
    ja: ['結婚の予定はありますか', '来年の六月に式を挙げる。'],
    en: ['Is a wedding planned?', 'The ceremony will be held in June next year.'],
  },
  {
    ja: ['パソコンで使う道具は何ですか', 'プログラムは黒い画面の端末で書いている。'],
    en: ['Which software do I use on my computer?', 'I write programs in a terminal with a black screen.'],
  },
  {
    ja: ['寒い季節の楽しみは何ですか', '冬になると雪の上をスキーで滑る。'],
    en: ['What do I enjoy in the cold season?', 'In winter I ski on the snow.'],
  },
];
