"""The subject index: the words of a course on deep learning, and where each can be tried."""

from dataclasses import dataclass

from pages.ui.language import N_

__all__ = ["SUBJECTS", "Subject"]


@dataclass(frozen=True)
class Subject:
    """Words that lead to one place: the page (its file's name), what to do there, and what is opened on the way.

    `opens` is a group of its sidebar, `tab` the title of a tab under its main picture, `part` a part of the page.
    """

    page: str
    words: tuple[str, ...]
    where: str
    opens: str = ""
    tab: str = ""
    part: str = ""


SUBJECTS = (
    # one neuron
    Subject("neuron", (N_("neuron"), N_("weight"), N_("bias"), N_("weighted sum")),
            N_("Pull w₁, w₂ and b: z is the weighted sum of the inputs plus the bias.")),
    Subject("neuron", (N_("activation function"), N_("sigmoid"), "tanh", "ReLU", "GELU"),
            N_("Choose the function above the picture; its derivative stands beside it.")),
    Subject("neuron", (N_("softmax"), N_("logit"), N_("Jacobian"), N_("class probabilities")),
            N_("Choose Softmax above the picture and pull the logits and the temperature.")),
    Subject("neuron", (N_("derivative"), N_("saturation")),
            N_("Take the sigmoid and pull the bias to one end: the derivative goes to zero.")),
    Subject("neuron", (N_("universal approximation"), N_("layer")),
            N_("Further down up to 16 neurons, side by side, learn a curve that you choose or draw.")),
    # backpropagation
    Subject("backprop", (N_("backpropagation"), N_("forward pass"), N_("backward pass"), N_("chain rule"),
                         N_("autograd graph")),
            N_("Press › and follow the example there and back, node by node.")),
    Subject("backprop", (N_("gradient"), N_("finite difference")),
            N_("Click a weight: its gradient is the product of the factors; Check measures it.")),
    Subject("backprop", (N_("loss function"), N_("mean squared error"), N_("cross-entropy"),
                         N_("binary cross-entropy")),
            N_("In the sidebar under Network, choose the loss; the walk shows its formula with numbers."),
            opens="network"),
    Subject("backprop", (N_("optimiser"), N_("stochastic gradient descent (SGD)"), N_("momentum"), "RMSprop",
                         "Adam", "AdamW"),
            N_("In the sidebar under Update, choose the optimiser, then press Update: each step is spelled out."),
            opens="update"),
    Subject("backprop", ("zero_grad()",),
            N_("In the sidebar under Update, switch zero_grad off and make ten updates."), opens="update"),
    Subject("backprop", (N_("vanishing gradient"), N_("initialisation")),
            N_("Below the walk, gradient health: choose a cure for the stack of ten layers and compare.")),
    # the plane
    Subject("playground", (N_("neural network"), N_("hidden layer"), N_("input"), N_("output layer")),
            N_("Add layers and neurons with + and − above the network, then press Train.")),
    Subject("playground", (N_("classification"), N_("regression"), N_("decision boundary"), "XOR", N_("spiral")),
            N_("Choose the points in the sidebar under Data; the large plane shows the answer everywhere."),
            opens="data"),
    Subject("playground", (N_("regularisation (L1, L2)"), N_("residual connection")),
            N_("L1 and L2 stand in the sidebar under Training, residual connections under Network."), opens="training"),
    # a convolutional network on pictures
    Subject("digits", (N_("convolutional network (CNN)"), "MY_NET", "LeNet-5", N_("convolutional layer")),
            N_("Choose a network in the sidebar, or build your own with Edit the network; then press Train.")),
    Subject("digits", (N_("dropout"), N_("fully connected layer"), N_("number of classes")),
            N_("Edit the network in the sidebar: each block has its settings. The share of dropout can be changed "
               "while it learns.")),
    Subject("digits", (N_("number of parameters"), N_("shape of the output")),
            N_("The table under Layers has the shape, the parameters and their formula for every layer."),
            tab=N_("Layers")),
    Subject("digits", (N_("learning rate"), N_("epoch"), N_("batch"), N_("weight decay"), N_("learning rate schedule")),
            N_("In the sidebar under Training; learning rate and weight decay can be changed while it learns."),
            opens="training"),
    Subject("digits", (N_("data set"), "MNIST", "CIFAR-10", N_("traffic signs (GTSRB)"), N_("own pictures"),
                       N_("picture size, colour channels")),
            N_("In the sidebar under Data."), opens="data"),
    Subject("digits", (N_("augmentation"), N_("rotation"), N_("brightness and contrast")),
            N_("Set it in the sidebar; the tab Augmentation shows what becomes of the pictures."), opens="augmentation",
            tab=N_("Augmentation")),
    Subject("digits", (N_("overfitting"), N_("loss"), N_("accuracy"), N_("training and test data")),
            N_("Grey is training, blue is held out. With 500 training pictures the curves part soon."), opens="data"),
    Subject("digits", (N_("normalisation"),),
            N_("The tab PyTorch code says what is done to the pictures before the network gets them."),
            tab=N_("PyTorch code")),
    Subject("digits", (N_("confusion matrix"),), N_("Below the curves: click a cell to see its pictures, and why.")),
    Subject("digits", (N_("precision"), N_("recall"), "F1"), N_("Below, the tab Figures by class."),
            tab=N_("Figures by class")),
    Subject("digits", ("train()", "eval()",),
            N_("In the sidebar under Common mistakes: leave out eval() or zero_grad() and see what that does."),
            opens="mistakes"),
    Subject("digits", (N_("PyTorch code"),
            N_("training loop")), N_("Below, the tab PyTorch code has the whole experiment."),
            tab=N_("PyTorch code")),
    Subject("digits", (N_("device"), N_("seed")), N_("In the sidebar under More."), opens="more"),
    # inside it
    Subject("convolution", (N_("convolution"), N_("kernel"), N_("feature map"), N_("weight sharing")),
            N_("Move over the map, or press Play: the stamp is laid on, multiplied and added up."), part="layers"),
    Subject("convolution", (N_("pooling"), N_("flatten"), N_("linear layer"), N_("batch norm"), N_("dropout")),
            N_("Click a map of that layer in the table of all layers."), part="layers"),
    Subject("convolution", (N_("stride"), N_("padding"), N_("dilation"), N_("groups")),
            N_("Set them on the bench; the formula gives the size of the map."), part="bench"),
    Subject("convolution", (N_("filter"), N_("gradient ascent")),
            N_("What each filter looks for, from the data and by gradient ascent; switch filters off."),
            part="filters"),
    Subject("convolution", (N_("shift"),),
            N_("Move the picture: the maps move with it, the prediction only for so long."),
            part="shift"),
    Subject("convolution", (N_("shuffled pixels"), N_("neighbours")),
            N_("What it costs a convolution when neighbours no longer belong together."), part="locality"),
    # why
    Subject("saliency", (N_("saliency"), "Grad-CAM", N_("integrated gradients"), N_("occlusion"),
                         "KernelShap", "LRP"),
            N_("Fourteen methods side by side; pick one to see its formula, and how far to trust it."),
            opens="methods"),
    Subject("saliency", (N_("adversarial example"), "FGSM", "PGD"),
            N_("Below, the tab What would change its mind: pull ε."), tab=N_("What would change its mind")),
    Subject("saliency", (N_("influence of training data"), "TracIn",), N_("Below, the tab Who taught it this."),
            tab=N_("Who taught it this")),
    # sequences
    Subject("recurrent", (N_("recurrent neural network (RNN)"), N_("hidden state"), N_("time step")),
            N_("Point at the text: every picture marks that step, and the equation has its numbers.")),
    Subject("recurrent", ("LSTM", N_("cell state"), N_("forget gate"), N_("input gate"), N_("output gate")),
            N_("The rows of LSTM under the text; the tab Hold a gate keeps one open or shut."), tab=N_("Hold a gate")),
    Subject("recurrent", ("GRU", N_("update gate"), N_("reset gate")),
            N_("The rows of GRU under the text; choose the cells in the sidebar."), opens="cells"),
    Subject("recurrent", (N_("gradient through time"), N_("gradient clipping")),
            N_("Below, the tab Gradients; clipping stands in the sidebar under Training."), opens="training",
            tab=N_("Gradients")),
    Subject("recurrent", (N_("delay"), N_("memory task")),
            N_("Choose a memory task in the sidebar; below, the tab Delays: which cell remembers over how many steps?"),
            opens="task", tab=N_("Delays")),
    Subject("recurrent", (N_("series of numbers"), N_("forecast")),
            N_("In the sidebar under Task, choose the series of numbers; your own CSV column works too."),
            opens="task"),
    Subject("recurrent", (N_("next character"),), N_("Below, the tab Write: the cells write texts."), tab=N_("Write")),
    Subject("transformer", (N_("transformer"), N_("encoder"), N_("decoder"), N_("translator")),
            N_("Type a sentence and point at a word: the arcs show whom it looks at.")),
    Subject("transformer", (N_("attention"), N_("self-attention"), N_("query, key, value"), N_("mask"),
                            N_("layer norm")),
            N_("Below, the tab Inside a head has every step with its numbers."), tab=N_("Inside a head")),
    Subject("transformer", (N_("multi-head attention"), N_("head")),
            N_("The small maps are all heads; the tab Heads switches them off and measures them."), tab=N_("Heads")),
    Subject("transformer", (N_("positional encoding"), N_("embedding")),
            N_("Below, the tab Positions: encodings, and the shuffle test."), tab=N_("Positions")),
    Subject("transformer", (N_("large language model (LLM), GPT"), N_("temperature"), N_("top-k and top-p"),
                            N_("next token")),
            N_("Choose Language model in the sidebar; the tab Write goes on with your text, token by token."),
            opens="task", tab=N_("Write")),
    Subject("transformer", (N_("token"),
            N_("vocabulary"), N_("byte pairs")), N_("Below, the tab Data."), tab=N_("Data")),
    # diffusion
    Subject("diffusion", (N_("diffusion"), N_("noise"), N_("forward process"), N_("noise schedule")),
            N_("Pull the slider and watch the picture drown; choose the schedule in the sidebar."), part="noise"),
    Subject("diffusion", (N_("reverse process"), N_("sampler")),
            N_("Press Train: points of noise flow back into the shape."), part="plane"),
    Subject("diffusion", (N_("prompt"), N_("text encoder"), N_("guidance"), "U-Net"),
            N_("Type a prompt and go through every step from noise to a digit."), part="digits"),
)
