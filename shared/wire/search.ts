/*
 * Search without a dictionary (forum reference §5). Text and query are folded the same way; the index holds bigrams of
 * Han runs and whole Latin words and numbers; a candidate holds all keys of the query and is then verified by
 * substring. Index and query can never disagree about where a word ends, so names and addresses are found.
 */

/**
 * Traditional → simplified, in pairs. The characters that everyday words and names are made of; a full table is ten
 * times as long and would serve books. Whatever is not in it is only found in the script it was written in.
 */
const PAIRS =
  '這这個个們们來来說说時时會会國国對对開开關关門门問问間间聞闻閒闲見见現现覺觉觀观規规視视親亲過过還还進进運运達达遠远違违連连遲迟選选適适邊边邏逻郵邮鄉乡鄰邻鄭郑醫医釋释裏里裡里製制補补複复復复後后從从徵征徹彻應应憂忧懷怀' +
  '戶户戰战戲戏換换損损擇择擊击擔担據据擴扩擺摆攝摄攤摊數数敵敌斷断於于無无舊旧晝昼暫暂曬晒書书條条楊杨極极榮荣構构樂乐樓楼標标樣样樹树橋桥機机檔档檢检權权歡欢歲岁歷历歸归殘残殺杀氣气決决沒没況况洩泄淚泪淨净淺浅減减測测湯汤' +
  '準准溝沟溫温滅灭滿满漢汉漲涨漸渐漁渔潔洁澤泽濟济濕湿灣湾災灾為为烏乌煙烟煩烦熱热燈灯燒烧營营爐炉爭争爺爷牆墙狀状獨独獲获獻献玆兹環环產产電电畫画當当療疗發发髮发盜盗盡尽監监盤盘眾众睜睁矯矫礎础禮礼禍祸離离種种稱称積积穩稳' +
  '窮穷窩窝筆笔節节範范築筑簡简簽签籃篮類类糧粮糾纠紀纪約约紅红納纳純纯紙纸級级紛纷細细終终組组結结絕绝給给統统絲丝經经綠绿維维網网緊紧線线緩缓編编練练縣县縮缩總总績绩織织繞绕繪绘繼继續续罰罚罷罢羅罗習习聖圣聲声聯联職职聽听' +
  '肅肃腦脑腳脚膽胆臨临臺台舉举藝艺華华萬万葉叶著着蓋盖蒼苍蔣蒋蕭萧薩萨蘇苏蘭兰處处虛虚號号虧亏蟲虫術术衛卫衝冲裝装褲裤詞词試试詩诗話话該该詳详誇夸認认語语誤误請请諸诸課课調调談谈論论證证識识譯译議议護护讀读變变讓让豐丰貓猫' +
  '負负財财貢贡貧贫貨货販贩責责貴贵買买費费貼贴貿贸賀贺資资賓宾賞赏賠赔賢贤賣卖質质賬账購购贈赠贊赞趙赵趕赶趨趋跡迹踐践蹤踪車车軍军軟软較较載载輕轻輛辆輝辉輩辈輪轮輸输轉转辦办辭辞農农針针鈴铃銀银銅铜銷销鋒锋錄录錢钱錯错鍋锅' +
  '鍵键鎖锁鎮镇鏡镜鐘钟鐵铁長长陣阵陰阴陳陈陸陆陽阳隊队階阶際际隨随險险隱隐隸隶雖虽雙双雜杂雞鸡難难雲云霧雾靈灵靜静響响頁页頂顶項项順顺須须預预領领頭头頻频題题額额顏颜願愿顧顾顯显風风飛飞飯饭飲饮飼饲飽饱餅饼養养餘余館馆饋馈' +
  '馬马駐驻駕驾騎骑騙骗驗验驚惊體体鬆松鬧闹魚鱼鮮鲜鳥鸟鴨鸭鵝鹅鹽盐麗丽麥麦麵面麼么黃黄點点黨党齊齐齒齿齡龄龍龙龜龟與与專专業业東东丟丢兩两嚴严喪丧亂乱亞亚僅仅價价億亿優优傷伤傳传債债傾倾儀仪倉仓偉伟側侧偵侦備备兒儿內内冊册' +
  '凍冻凱凯別别刪删則则剛刚創创劃划劇剧劉刘劍剑動动務务勝胜勞劳勢势勵励勸劝區区協协單单卻却廠厂廳厅厲厉參参叢丛吳吴員员啟启喚唤嗎吗嘆叹嘗尝噴喷嚇吓囑嘱園园圍围圓圆圖图團团執执堅坚報报場场塊块塗涂塵尘墊垫墜坠壇坛壓压壞坏壩坝' +
  '壯壮壽寿夢梦夾夹奪夺奮奋婦妇媽妈學学孫孙寧宁寫写審审寬宽寶宝實实將将尋寻導导屆届屬属層层嶺岭島岛師师帳帐帶带幣币幫帮幹干庫库廢废廣广張张強强彈弹錶表衹只隻只係系繫系爲为衆众檯台註注嚮向週周訊讯訴诉誰谁齣出鄧邓賴赖鍾钟闆板' +
  '韓韩馮冯鳳凤鵬鹏瓊琼譚谭龔龚嶽岳紹绍傑杰蓮莲薑姜穀谷捨舍遊游鬥斗討讨訂订計计訓训訪访設设許许記记評评診诊詢询諮咨謝谢謠谣謹谨譽誉豎竖貸贷軌轨辯辩遞递遺遗釣钓鈔钞鉤钩鋼钢鋪铺鍛锻鎚锤閉闭閱阅闊阔頒颁頓顿顆颗飄飘髒脏鬍胡鴻鸿' +
  '齋斋佈布併并侷局俠侠倆俩僑侨僱雇兇凶凈净劑剂匯汇啞哑嗚呜嘩哗噸吨墻墙夠够奬奖獎奖姍姗嬰婴孿孪寢寝屜屉峽峡巖岩徑径悶闷惡恶惱恼愛爱態态慚惭慣惯慶庆憑凭憲宪懶懒懸悬掃扫採采揀拣揚扬搶抢搖摇撥拨撿捡擁拥擋挡擠挤擬拟攔拦攜携敗败' +
  '朧胧棄弃椏丫樁桩槍枪樸朴櫃柜欄栏殼壳毀毁毆殴汙污滬沪滯滞滲渗漿浆潰溃澆浇濾滤瀉泻煉炼煥焕瑩莹瑣琐瘋疯癢痒皺皱睏困睞睐矚瞩硯砚碩硕確确碼码磚砖礙碍礦矿祕秘穫获窯窑竊窃競竞糞粪紋纹紗纱紡纺紮扎絡络綜综綁绑綱纲綫线締缔緣缘縫缝' +
  '繩绳繳缴纖纤罵骂羣群翹翘聰聪聾聋脈脉脫脱腫肿膚肤膠胶臟脏艙舱艦舰莊庄莖茎薦荐藍蓝藥药蘋苹蝦虾螞蚂蠟蜡褻亵襯衬誠诚諾诺謀谋譜谱豈岂賭赌躍跃輯辑轟轰邁迈醬酱銳锐鋁铝錦锦鍊链鏈链鑄铸鑒鉴鑽钻閃闪閣阁闖闯闢辟陝陕隕陨雛雏韌韧韻韵' +
  '頑顽頌颂頗颇頸颈顛颠飾饰饒饶駁驳駛驶騰腾驅驱驟骤骯肮鯉鲤鯨鲸鵲鹊鶴鹤鷹鹰';

const SIMPLER: ReadonlyMap<string, string> = (() => {
  const chars = Array.from(PAIRS);
  const map = new Map<string, string>();
  for (let i = 0; i + 1 < chars.length; i += 2) map.set(chars[i] ?? '', chars[i + 1] ?? '');
  return map;
})();

const MAX_WORD = 64; // characters of a Latin word that count as its key: index keys stay short whatever is pasted
const MAX_KEYS = 4_096; // a text of 8 KiB has at most 2,730 bigrams

const HAN = String.raw`\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}`;
// A run of Han, of other letters, or of digits. Letters and digits part, so that 15 finds iPhone15.
const RUNS = new RegExp(`[${HAN}]+|\\p{N}+|(?:(?![${HAN}])[\\p{L}\\p{M}])+`, 'gu');
const IS_HAN = new RegExp(`^[${HAN}]`, 'u');
const SPACE_AT_HAN = new RegExp(`(?<=[${HAN}])[ \\t]+|[ \\t]+(?=[${HAN}])`, 'gu');

/**
 * The form in which texts are compared: full width → half width (NFKC), lower case, simplified, and without spaces
 * beside Han, since some type 3 栋 and some 3栋.
 */
export function foldText(text: string): string {
  const plain = text.normalize('NFKC').toLowerCase();
  let simple = '';
  for (const char of plain) simple += SIMPLER.get(char) ?? char;
  return simple.replace(SPACE_AT_HAN, '');
}

/** The index keys of a folded text: bigrams of Han runs, whole words, whole numbers; each once. */
export function keysOf(folded: string): string[] {
  const keys = new Set<string>();
  for (const [run] of folded.matchAll(RUNS)) {
    if (!IS_HAN.test(run)) keys.add(run.slice(0, MAX_WORD));
    else {
      const chars = Array.from(run);
      for (let i = 1; i < chars.length; i++) keys.add((chars[i - 1] ?? '') + (chars[i] ?? ''));
    }
    if (keys.size >= MAX_KEYS) break;
  }
  return [...keys];
}

/** The keys a stored text is indexed under. */
export const searchKeys = (text: string): string[] => keysOf(foldText(text));

export interface SearchQuery {
  /** Parts between spaces; a hit contains every one of them. */
  terms: readonly string[];
  /** What a candidate's keys must contain. Empty: too short for the index, only a bounded scan can answer. */
  keys: readonly string[];
}

export function parseQuery(q: string): SearchQuery {
  const terms = q
    .split(/\s+/u)
    .map((term) => foldText(term))
    .filter((term) => term !== '');
  return { terms, keys: [...new Set(terms.flatMap(keysOf))] };
}

/** Whether a text is a hit: a bigram alone is not a result, the words themselves must stand there. */
export function matches(query: SearchQuery, text: string): boolean {
  if (query.terms.length === 0) return false;
  const folded = foldText(text);
  return query.terms.every((term) => folded.includes(term));
}
