"""The loop that a textbook would write for MY_NET, in full: what our training is measured against."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn, optim
from torch.utils.data import DataLoader, Subset
from torchvision import datasets, transforms

ASSETS = Path(__file__).parents[2] / "assets" / "datasets" / "mnist"
BATCH = 64

TRAIN = transforms.Compose([
    transforms.Resize(48), transforms.Grayscale(3), transforms.RandomRotation(10), transforms.ColorJitter(0.2, 0.2),
    transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,)),
])
TEST = transforms.Compose([
    transforms.Resize(48), transforms.Grayscale(3), transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,)),
])


class MyNet(nn.Module):
    """MY_NET as one writes it by hand."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 32, 3, padding=1)
        self.conv2 = nn.Conv2d(32, 64, 3, padding=1)
        self.conv3 = nn.Conv2d(64, 128, 3, padding=1)
        self.pool = nn.MaxPool2d(2, 2)
        self.dropout = nn.Dropout(0.5)
        self.fc1 = nn.Linear(128 * 12 * 12, 512)
        self.fc2 = nn.Linear(512, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:  # (batch, 3, 48, 48) -> (batch, 10)
        x = F.relu(self.conv1(x))
        x = self.pool(F.relu(self.conv2(x)))
        x = self.pool(F.relu(self.conv3(x)))
        x = self.dropout(torch.flatten(x, 1))
        x = self.dropout(F.relu(self.fc1(x)))
        return self.fc2(x)


def unpack(folder: Path) -> None:
    """Lay our MNIST files out where torchvision looks for them."""
    raw = folder / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for packed in ASSETS.glob("*.gz"):
        (raw / packed.stem).write_bytes(gzip.decompress(packed.read_bytes()))


class Textbook:
    """The textbook's training, which can be paused after every step."""

    def __init__(self, folder: Path):
        self.train_set = datasets.MNIST(folder, train=True, transform=TRAIN)
        self.test_set = datasets.MNIST(folder, train=False, transform=TEST)

    def begin(self, seed: int) -> None:
        """Start anew."""
        torch.manual_seed(seed)
        self.model = MyNet()
        self.loader = DataLoader(self.train_set, batch_size=BATCH, shuffle=True)
        self.criterion = nn.CrossEntropyLoss()
        self.optimizer = optim.Adam(self.model.parameters(), lr=1e-3, weight_decay=1e-4)
        self.steps = self.run()

    def run(self) -> Iterator[float]:
        """Train epoch after epoch; yield the mean loss after every step."""
        while True:
            running_loss = 0.0
            for step, (images, labels) in enumerate(self.loader, start=1):
                self.model.train()
                self.optimizer.zero_grad()
                outputs = self.model(images)
                loss = self.criterion(outputs, labels)
                loss.backward()
                self.optimizer.step()
                running_loss += loss.item()
                yield running_loss / step

    def train(self, steps: int) -> None:
        """Train so many steps."""
        for _ in range(steps):
            next(self.steps)

    def evaluate(self, first: int, last: int) -> int:
        """Return how many of some test digits are read right."""
        self.model.eval()
        correct, test_loss = 0, 0.0
        with torch.no_grad():
            for images, labels in DataLoader(Subset(self.test_set, range(first, last)), batch_size=BATCH):
                outputs = self.model(images)
                test_loss += self.criterion(outputs, labels).item()
                correct += (outputs.argmax(1) == labels).sum().item()
        return correct
