# 日本語。Not reviewed by a native speaker.

## The PAM module

login-password = Entra ID のパスワード:
login-open = { $url } を開き、コード { $code } を入力してください。
login-time = { $minutes ->
    [one] 残り時間は 1 分です。
   *[other] 残り時間は { $minutes } 分です。
}
login-time-ssh = { $minutes ->
    [one] 残り時間は 1 分です（ssh が先に切断することがあります）。
   *[other] 残り時間は { $minutes } 分です（ssh が先に切断することがあります）。
}
login-when-done = 完了したら Enter を、中止するには q を入力してください:
login-not-yet = まだ承認されていません。
login-press-enter = Enter を押してください。
login-not-available = Entra ID のサインインは利用できません。firmamentd が応答しません。このマシンの管理者は次のコマンドで理由を確認できます: systemctl status firmamentd
login-password-elsewhere = このアカウントのパスワードは https://aka.ms/sspr で変更します。
account-denied = このアカウントはここでは使用できません。理由は組織の管理者にお問い合わせください。[{ $code }]
account-forgotten = このアカウントはこのマシンから削除されました。もう一度パスワードでサインインしてください。
account-unknown = このアカウントでここにサインインした人はまだいません。先にパスワードでサインインしてください。
account-unreadable = Entra ID のアカウントを確認できません。このマシンの管理者は次のコマンドで理由を確認できます: systemctl status firmamentd

## aad-tool

tool-note = 注意: { $what }
tool-signed-in = サインインしました: { $name }（テナント { $tenant }）
tool-password-for = { $name } としてサインインします。入力中のパスワードは表示されません。
tool-or-code = コードでサインインするには、Enter だけを押してください。
tool-password = パスワード:
tool-app = ページには「Microsoft Authentication Broker」というアプリが表示されます。必ずご自身のアカウントでサインインしてください。
tool-yourself = このサインインをここでご自身が始めた場合にのみ続けてください。ほかの人からこのコードが送られてくることはありません。
tool-open = 開くページ: { $url }
tool-code = コード: { $code }
tool-until = コードの有効期限は { $until } です。
tool-problem = 問題: { $what } [{ $code }]
tool-who = 解決できる人: { $who }
tool-advice = 対処方法: { $what }
tool-waiting = 待機中: { $what }{ $left }
tool-still-waiting = 引き続き待機中: { $what }{ $left }
tool-left = 残り { $left }
tool-daemon = firmamentd の応答

## On the way to a sign-in

said-more-than-password = 組織はパスワード以外の確認も求めています。ブラウザーでサインインを完了してください。
said-second-factor = 組織はデバイスの登録に多要素認証を求めています。もう一度サインインしてください。
said-not-heard = 承認されたかどうかを確認できません: { $what } [{ $code }]。{ $until } まで確認を続けます。
said-answers-again = サインイン サービスが再び応答しています。
said-tried-again = { $until } に再試行します。
said-goes-on = 再試行しています。何もする必要はありません。
said-service = { $what }サービスの応答: { $text }
said-keys-are-made = 登録用の鍵を作成しています。
said-not-registered = このマシンは登録されていません。
said-registering = このマシンを登録しています。
said-registered = このマシンは登録されています。
said-suspended = このマシンの ID は停止されています。
said-leaving = このマシンの登録を解除しています。
waits-tenant = { $domain } のテナントについての Microsoft Entra ID の応答
waits-realm = { $domain } のパスワードの確認先についての Microsoft Entra ID の応答
waits-code = Microsoft Entra ID のサインイン コード
waits-password = Microsoft Entra ID によるパスワードの確認
waits-tokens = デバイスの登録に対する Microsoft Entra ID の許可
waits-account = サインインした人についての Microsoft Graph の応答
waits-approval = コードによるサインイン
waits-keys = 鍵の作成
waits-first-use = このマシンの鍵の最初の使用
who-nobody = なし（自然に解決します）
who-nothing = なし（直すものはありません）
who-service = サービス（このマシンで直すものはありません）
who-you = あなた
who-tenant-admin = 組織の管理者
who-machine-admin = このマシンの管理者
who-developers = Firmament の開発者

## Refusals

refusal-general = サインインできませんでした（コード { $code }）。
    .advice = このコードと時刻を管理者に伝えてください。
refusal-code-expired = コードは使用される前に期限が切れました。
    .advice = もう一度サインインしてください。電話にエラー 53003 が表示された場合は、組織がコードによるサインインを禁止しています。Device Registration Service を例外にするよう依頼してください。
refusal-code-wrong = コードが受け付けられませんでした。
    .advice = もう一度サインインしてください。
refusal-declined = サインインは承認されませんでした。
    .advice = もう一度サインインし、ご自身が始めたものであれば承認してください。
refusal-password-wrong = ユーザー名またはパスワードが違います。
    .advice = 正しいパスワードでもう一度サインインしてください。
refusal-locked = 試行回数が多すぎたため、アカウントがロックされています。
    .advice = 数分待つか、管理者にロックの解除を依頼してください。
refusal-no-account = このアカウントは組織にありません。
    .advice = 名前とドメインを確認して、もう一度サインインしてください。
refusal-elsewhere = このアカウントはこの組織のものではありません。
    .advice = この組織のアカウントでサインインしてください。
refusal-password-expired = パスワードの期限が切れています。
    .advice = ブラウザーでパスワードを変更して、もう一度サインインしてください。
refusal-no-password = アカウントに有効なパスワードがありません。
    .advice = ブラウザーでパスワードを設定して、もう一度サインインしてください。
refusal-disabled = アカウントは無効になっています。
    .advice = 管理者にアカウントの有効化を依頼してください。
refusal-no-factor = 多要素認証がまだ設定されていません。
    .advice = ブラウザーで https://aka.ms/mfasetup を開いて設定し、もう一度サインインしてください。
refusal-browser = サービスは先にブラウザーでの操作を求めています。
    .advice = ブラウザーで一度サインインして求められた操作を済ませ、もう一度サインインしてください。
refusal-factor = 多要素認証が必要です。
    .advice = 多要素認証を使ってもう一度サインインしてください。
refusal-over = サインインの有効期限が切れています。
    .advice = もう一度サインインしてください。
refusal-denied = サインインは、ご自身または組織の規則によって拒否されました。
    .advice = もう一度サインインして承認してください。解決しない場合は、時刻を管理者に伝えてください。
refusal-place = 組織は、サインイン ページを開いた場所からのサインインを許可していません。
    .advice = 組織のネットワークまたはデバイスでサインイン ページを開いてください。
refusal-consent = 先に組織の管理者がアプリケーションに同意する必要があります。
    .advice = Microsoft Authentication Broker への同意を管理者に依頼してください。
refusal-application = アプリケーションが組織で禁止されているか、組織にありません。
    .advice = Microsoft Authentication Broker の許可を管理者に依頼してください。
refusal-rule = 組織の規則がこのサインインを禁止しています。
    .advice = サインイン ログを調べるよう、時刻を管理者に伝えてください。
refusal-not-assigned = アカウントがアプリケーションに割り当てられていません。
    .advice = アカウントの割り当てを管理者に依頼してください。
refusal-risk = アカウントはリスクのためブロックされています。
    .advice = アカウントのリスクの確認を管理者に依頼してください。
refusal-device-rule = 規則が特定のデバイスを求めていますが、このサインインはデバイスを示していません。
    .advice = パスワードでサインインしてください。できない場合は、Device Registration Service を例外にするよう管理者に依頼してください。
refusal-code-blocked = 組織はコードによるサインインを禁止しています。
    .advice = 別の方法でサインインするか、Device Registration Service を例外にするよう管理者に依頼してください。
refusal-token-protection = Linux のデバイスでは満たせないトークン保護の規則があります。
    .advice = 規則を Windows に限定するよう管理者に依頼してください。
refusal-may-not-join = このアカウントはデバイスを登録できません。
    .advice = デバイスの登録の許可を管理者に依頼してください。
refusal-quota = このアカウントのデバイス数が上限に達しています。
    .advice = https://myaccount.microsoft.com/device-list で古いデバイスを削除してください。
refusal-request = サインイン サービスが要求を受け付けません。
    .advice = 後でもう一度試してください。解決しない場合は、時刻を管理者に伝えてください。
refusal-wrong-place = このマシンの組織の設定が正しくありません。
    .advice = このマシンの管理者は himmelblau.conf の domain、cloud、authority_host を確認してください。
refusal-busy = サインイン サービスは現在、障害中か混雑しています。
    .advice = 数分後にもう一度試してください。
refusal-device-unknown = 組織にこのデバイスがありません。
    .advice = 登録の直後であれば自然に解決します。そうでない場合は、デバイスが削除されたかどうかを管理者に確認してください。
refusal-device-disabled = このデバイスは組織で無効になっています。
    .advice = 管理者にデバイスの有効化を依頼してください。
refusal-device-deleted = このデバイスは組織から削除されました。
    .advice = 再登録してよいかどうかを管理者に確認してください。
refusal-between = サインイン サービスではなく、途中にある何かが応答しました。
    .advice = このマシンの管理者は、プロキシやネットワークのログイン ページが応答していないか確認してください。
refusal-unreachable = Microsoft Entra ID に接続できません。
    .advice = ネットワークを確認してください。このマシンの管理者はプロキシとファイアウォールを確認してください。
refusal-proxy = プロキシがサインインを通しません。
    .advice = このマシンの管理者は himmelblau.conf の proxy を確認してください。
refusal-tls = Microsoft Entra ID との接続が安全ではありません。
    .advice = このマシンの管理者は、ca_file と、途中で通信を検査しているものがないかを確認してください。
refusal-clock = このマシンの時計が合っていません。
    .advice = このマシンの管理者が時計を合わせた後（timedatectl set-ntp true）、もう一度サインインしてください。
refusal-unusable-prompt = 届いたコードは表示しません。Microsoft のものではない可能性があります。
    .advice = どこにもコードを入力しないでください。このマシンの管理者は、途中で何が応答しているか確認してください。
refusal-too-many = このマシンで { $name } の試行回数が多すぎます。
    .advice = { $seconds } 秒待って、もう一度サインインしてください。
refusal-not-allowed = { $name } はこのマシンにサインインできません。
    .advice = 許可されたアカウントでサインインするか、このマシンの管理者に依頼してください。
refusal-unknown-domain = { $domain } はこのマシンのドメインではありません。
    .advice = 名前を確認してください。このマシンの管理者は himmelblau.conf にドメインを追加できます。
refusal-may-not-register = このマシンは { $domain } に登録されておらず、あなたは登録できません。
    .advice = 先に、登録を許可された人（root など）がサインインする必要があります。
refusal-wrong-account = { $name } とは別のアカウントでサインインしました。
    .advice = ここで指定したアカウントでサインインしてください。
refusal-renamed = { $name } の名前は変更されています。
    .advice = 新しい名前でサインインしてください。
refusal-replaced = { $name } は、ここでこの名前で知られているものとは別のアカウントです。
    .advice = 正しい場合、このマシンの管理者が実行します: aad-tool forget-account { $name }
refusal-tenant-changed = { $domain } は以前とは別のテナントになっています。
    .advice = このマシンの管理者は、ドメインが移されたかどうかを確認してください。
refusal-groups = グループを読み取れません。特定のグループのメンバーだけがサインインできます。
    .advice = 組織の管理者がグループの読み取り (GroupMember.Read.All) に同意する必要があります。
refusal-timeout = 時間内にパスワードが入力されませんでした。
    .advice = もう一度サインインしてください。
refusal-code-not-shown = このサインインにはコードが必要ですが、ここでは表示できません。
    .advice = 先に ssh (keyboard-interactive) かコンソールでサインインしてください。
refusal-local-account = { $name } はこのマシンにアカウントを持てません（コード { $code }）。
    .advice = このコードをこのマシンの管理者に伝えてください。
refusal-home = ホーム ディレクトリのファイル システムが応答しません。
    .advice = このマシンの管理者がファイル サーバーへの接続を直した後、もう一度サインインしてください。
refusal-state = このマシンは状態を読み書きできません。
    .advice = このマシンの管理者は次のコマンドで理由を確認できます: systemctl status firmamentd
refusal-keys = このマシンの鍵を使用できません。
    .advice = このマシンの管理者は次のコマンドで理由を確認できます: aad-tool status
refusal-moment = firmamentd は処理中か、終了中です。
    .advice = 少し待ってもう一度試してください。
refusal-not-registered = このマシンは登録されていません。
    .advice = もう一度サインインしてください。
refusal-forbidden = root とアカウントの所有者だけが実行できます。
    .advice = root として実行してください。
refusal-bad-name = 有効な名前ではありません。
    .advice = 名前を確認して、もう一度試してください。
refusal-version = firmamentd とこのプログラムのバージョンが違います。
    .advice = このマシンの管理者は firmamentd を再起動してください。
refusal-fault = firmamentd で障害が起きました。
    .advice = もう一度試し、firmamentd のログを添えて報告してください。
